// Every page of the console, and of sites, in every state: markup, accessibility, width, keyboard, what it asks for, how it looks.

import { LOOKS, WHOLE, accessibilityFaults, bringAxe } from './accessibility.mjs';
import { Chromium, Watch, isOfSite } from './chromium.mjs';
import { keyboardFaults } from './keyboard.mjs';
import { markupFaults } from './markup.mjs';
import * as scenes from './scenes.mjs';
import * as screenshots from './screenshots.mjs';
import { inLanes } from './tally.mjs';

/** Pages looked at at a time: one per core. */
const LANES = 2;

/** Height of the window. */
const HEIGHT = 900;

/** Under which axe looks at a page: each palette, and each width. */
const APPEARANCES = [
    { colorScheme: 'light', forcedColors: 'none', width: 1280, rules: WHOLE },
    { colorScheme: 'dark', forcedColors: 'none', width: 320, rules: LOOKS },
    { colorScheme: 'light', forcedColors: 'active', width: 768, rules: LOOKS },
];

/** Longest style sheet, in bytes. */
const STYLE_LIMIT = 20_000;

/** An A5 sheet at 96 dots per inch. */
const PAPER_WIDTH = 559;

/** Scenes whose print is kept. */
const PRINTED = ['home', 'arrived', 'transfer-stored', 'help-publish', 'help-protection', 'error-not-found'];

/** Scenes that differ from one another in a sentence. They are looked at in one width and one palette. */
const SENTENCES = /^(refused|error)-/;

/** What the policy of a page of the console allows. */
const POLICY = {
    'default-src': "'none'",
    'style-src': "'self'",
    'img-src': "'self'",
    'form-action': "'self' http://*.localhost:PORT",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
};

/** What that of a page of a site allows. */
const SITE_POLICY = {
    'default-src': "'none'",
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self'",
    'media-src': "'self'",
    'form-action': "'none'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
    sandbox: 'allow-same-origin allow-downloads',
};

/** Runs the suite. @param {import('./tally.mjs').Tally} tally */
export async function run(tally) {
    const all = await scenes.serveScenes();
    const elsewhere = await scenes.Elsewhere.open();
    const browsers = await Chromium.launchAll(LANES, 'pages');
    // A page of a site may have no program, and these checks are programs: its policy is read, and set aside.
    const laxer = await Chromium.launchAll(LANES, 'pages-of-sites', { bypassCSP: true });
    screenshots.begin();
    const visits = all.flatMap((scene) => scenes.LANGUAGES.map((language) => ({ scene, language })));
    await inLanes(LANES, visits, ({ scene, language }, lane) =>
        tally.check(`page ${scene.name} in ${language}`, async (complain) => {
            const browser = (scenes.isForeign(scene) ? laxer : browsers)[lane];
            const page = await browser.page();
            try {
                await look(page, scene, language, elsewhere, complain);
            } finally {
                await page.close();
            }
        }),
    );
    await tally.check('pages: there is one short style sheet', (complain) => styleCheck(all, complain));
    elsewhere.close();
    const reach = await Chromium.closeAll([...browsers, ...laxer]);
    await tally.check('pages: no name is looked up and nobody else is called', async (complain) => {
        // Chromium tries the other address of this machine first for names below localhost.
        const hosts = [...all.map(({ url }) => url), elsewhere.origin].map((url) => new URL(url));
        const known = new Set(hosts.flatMap(({ host, port }) => [host, `[::1]:${port}`]));
        reach.names.forEach((name) => complain(`${name} was looked up`));
        [...reach.addresses].filter((address) => !known.has(address)).forEach((address) => complain(`${address} was called`));
        if (![...known].some((address) => reach.addresses.has(address))) {
            complain('the network log does not show the pages themselves');
        }
    });
    const { directory, count } = screenshots.end();
    console.log(`${count} screenshots: ${directory}/index.html`);
}

async function styleCheck(all, complain) {
    const scene = all.find((scene) => !scenes.isForeign(scene));
    if (scene === undefined) {
        return;
    }
    const html = await (await fetch(scene.url, { headers: { accept: 'text/html' } })).text();
    const sheets = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)">/g)].map(([, path]) => path);
    if (sheets.length !== 1) {
        complain(`${scene.url} names ${sheets.length} style sheets`);
    }
    for (const sheet of sheets) {
        const { byteLength } = await (await fetch(new URL(sheet, scene.url))).arrayBuffer();
        if (byteLength >= STYLE_LIMIT) {
            complain(`${sheet} has ${byteLength} bytes`);
        }
    }
}

/** All checks of one scene in one language. */
async function look(page, scene, language, elsewhere, complain) {
    const watch = new Watch(page, [new URL(scene.url).origin, elsewhere.origin]);
    await page.setExtraHTTPHeaders({ 'accept-language': language });
    const hold = await scenes.holdStill(page);
    const session = await page.context().newCDPSession(page);
    const answer = await scenes.openScene(page, scene, elsewhere);
    hold();
    // Palettes and keys know no language, and the longer words are French.
    const isBrief = SENTENCES.test(scene.name) || language !== scenes.LANGUAGES[0];
    const faults = [
        await contentFaults(page, scene, language, answer),
        // Before forced colours, after which Chromium leaves the ground of a page white.
        await widthFaults(page, session, scene, language),
        await appearanceFaults(page, isBrief),
        PRINTED.includes(scene.name) ? await printFaults(page, session, scene, language) : [],
        isBrief ? [] : await keyboardFaults(page),
        policyFaults(watch.responses, elsewhere),
        watch.complaints,
    ];
    faults.flat().forEach(complain);
}

async function contentFaults(page, scene, language, answer) {
    const html = await answer.text();
    const faults = await markupFaults(html, scenes.isForeign(scene));
    if (answer.status() !== scene.status) {
        faults.push(`its status is ${answer.status()}, not ${scene.status}`);
    }
    if (!html.includes(scene[language])) {
        faults.push(`it does not say “${scene[language]}”`);
    }
    if ((await page.evaluate(() => document.scripts.length)) > 0) {
        faults.push('there is a script on it');
    }
    return faults;
}

async function appearanceFaults(page, isBrief) {
    await bringAxe(page);
    const faults = [];
    for (const { width, rules, ...media } of isBrief ? APPEARANCES.slice(0, 1) : APPEARANCES) {
        await page.setViewportSize({ width, height: HEIGHT });
        await page.emulateMedia(media);
        const found = await accessibilityFaults(page, rules);
        faults.push(...found.map((fault) => `${Object.values(media).join(', ')}: ${fault}`));
    }
    return faults;
}

/** Also takes the pictures. */
async function widthFaults(page, session, scene, language) {
    const faults = [];
    const isSentence = SENTENCES.test(scene.name);
    const [narrow] = screenshots.WIDTHS;
    for (const width of isSentence ? [narrow] : screenshots.WIDTHS) {
        await screenshots.unroll(page, width, HEIGHT);
        for (const theme of screenshots.THEMES) {
            await page.emulateMedia({ colorScheme: theme, forcedColors: 'none' });
            await screenshots.take(page, session, { scene: scene.name, language, theme, width });
        }
        const wide = await page.evaluate(findWide);
        faults.push(...wide.map((html) => `at ${width} px it scrolls sideways because of ${html}`));
    }
    return faults;
}

/** Runs in the page: what makes it wider than the window. */
function findWide() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) {
        return [];
    }
    const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > clientWidth);
    return ['something', ...wide.map((element) => element.outerHTML.slice(0, 120))].slice(wide.length > 0 ? 1 : 0);
}

/** On paper stands what is to be read, and nothing to press. */
async function printFaults(page, session, scene, language) {
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    await screenshots.unroll(page, PAPER_WIDTH, HEIGHT);
    await screenshots.take(page, session, { scene: scene.name, language, theme: 'print', width: PAPER_WIDTH });
    screenshots.keep(`${scene.name}-${language}.pdf`, await page.pdf({ preferCSSPageSize: true }));
    const shown = await page.evaluate(() =>
        [...document.querySelectorAll('nav, form, button, .skip, .acts')]
            .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > 0)
            .map((element) => element.outerHTML.slice(0, 120)),
    );
    await page.emulateMedia({ media: 'screen' });
    return shown.map((html) => `printed, it shows ${html}`);
}

/** Every answer has a policy, and pages the strict one. */
function policyFaults(responses, elsewhere) {
    const faults = [];
    const own = responses.filter((response) => !response.url().startsWith(elsewhere.origin));
    for (const response of own) {
        const { 'content-security-policy': policy = '', 'content-type': type = '' } = response.headers();
        const directives = new Map(policy.split('; ').map((directive) => directive.split(/ (.*)/)));
        const wanted = isOfSite(response.url()) ? SITE_POLICY : POLICY;
        const { port } = new URL(response.url());
        const missing = Object.entries(wanted).filter(([name, value]) => directives.get(name) !== value.replace('PORT', port));
        if (type.startsWith('text/html') ? missing.length > 0 : directives.get('default-src') !== "'none'") {
            faults.push(`${response.url()} has the policy “${policy}”`);
        }
    }
    if (!own.some((response) => response.headers()['content-type']?.startsWith('text/css'))) {
        faults.push('it has no style sheet');
    }
    return faults;
}
