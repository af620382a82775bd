// The hostile corpus of crates/filter in Chromium, without any policy around it: the filter alone must hold.
//
// Control: part of the same corpus as it was before the filter. There Chromium must run scripts, show dialogs, ask
// strangers and look up their names, or else this suite sees nothing.

import { createServer } from 'node:http';

import { Chromium } from './chromium.mjs';
import { watchDeeds } from './deeds.mjs';
import { options } from './options.mjs';
import { output } from './processes.mjs';
import { PROD_FRAMES } from './prod.mjs';
import { inLanes } from './tally.mjs';

/** Vectors on one page, each in a frame of its own. */
const BATCH = 64;

/** Pages at a time: one per core. */
const LANES = 2;

/** How long a page is left alone after it was prodded, in ms: refreshes and timers of 0 s come by then. */
const SETTLE_MS = 100;

/** What is shown unfiltered too: of these one in three, since what is hostile takes its time. */
const CONTROL_CLASSES = ['html', 'url'];
const CONTROL_STEP = 3;

/** The share of it that must do each of these at least; and how many names are looked up. */
const CONTROL = { script: 0.2, dialog: 0.2, request: 0.2 };
const CONTROL_NAMES = 1;

/** Runs the suite. @param {import('./tally.mjs').Tally} tally */
export async function run(tally) {
    const vectors = await readCorpus();
    const site = await serve(vectors);
    try {
        const seen = await observe('made', vectors, site);
        for (const kind of new Set(vectors.map(({ name }) => family(name)))) {
            await tally.check(`corpus ${kind}`, async (complain) => {
                const deeds = seen.deeds.filter(({ vector }) => vector && family(vector.name) === kind);
                deeds.forEach(({ vector, what, detail }) => complain(`${vector.name}: ${what} ${detail}`));
            });
        }
        await tally.check('corpus: no name is looked up and nobody else is called', async (complain) => {
            seen.deeds.filter(({ vector }) => !vector).forEach(({ what, detail }) => complain(`${what} ${detail}`));
            seen.reach.names.forEach((name) => complain(`${name} was looked up`));
            const strangers = [...seen.reach.addresses].filter((address) => address !== site.host);
            strangers.forEach((address) => complain(`${address} was called`));
        });
        await tally.check('corpus: every vector was shown', async (complain) => {
            vectors.filter(({ number }) => !site.shown.has(`made/${number}`)).forEach(({ name }) => complain(name));
        });
        await tally.check('corpus, control: unfiltered, it is hostile', (complain) => control(vectors, site, complain));
    } finally {
        site.close();
    }
    console.log(`${vectors.length} hostile vectors`);
}

const family = (name) => name.split('/').slice(0, name.startsWith('url/') ? 1 : 2).join('/');

/** @typedef {{ number: number, name: string, type: string, raw: Buffer, made: Buffer }} Vector */

/** @returns {Promise<Vector[]>} */
async function readCorpus() {
    const lines = (await output(options.corpus, [])).trimEnd().split('\n');
    return lines.map((line, number) => {
        const [name, type, raw, made] = line.split('\t');
        return { number, name, type, raw: Buffer.from(raw, 'hex'), made: Buffer.from(made, 'hex') };
    });
}

async function control(vectors, site, complain) {
    const classes = vectors.filter(({ name }) => CONTROL_CLASSES.includes(name.split('/')[0]));
    const shown = classes.filter((_, index) => index % CONTROL_STEP === 0);
    const { deeds, reach } = await observe('raw', shown, site);
    const doing = (what) => new Set(deeds.filter((deed) => deed.what === what).map(({ vector }) => vector)).size;
    for (const [what, share] of Object.entries(CONTROL)) {
        if (doing(what) < share * shown.length) {
            complain(`${what}: only ${doing(what)} of ${shown.length}`);
        }
    }
    if (reach.names.size < CONTROL_NAMES) {
        complain('no name was looked up');
    }
    const counts = Object.keys(CONTROL).map((what) => `${what} ${doing(what)}`);
    console.log(`control: of ${shown.length} unfiltered: ${counts.join(', ')}; looked up: ${[...reach.names].join(' ')}`);
}

/** A site whose folders each hold one vector, and pages with some of them. No header limits what they may do. */
async function serve(vectors) {
    const site = { shown: new Set() };
    const server = createServer((request, response) => {
        const [, kind, number = '', ...rest] = request.url.split('/');
        const vector = vectors[number];
        const send = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
        if (kind === 'batch') {
            return send('text/html; charset=utf-8', batch(number, rest[0].split(',')));
        }
        if (!['raw', 'made'].includes(kind) || !vector) {
            return response.writeHead(404).end();
        }
        // What is filtered is served as UTF-8; before that its bytes say what they are.
        const type = vector.type + (kind === 'made' ? '; charset=utf-8' : '');
        const path = rest.join('/');
        if (path === 'folder/page.html') {
            site.shown.add(`${kind}/${number}`);
            return vector.type === 'text/css' ? send('text/html; charset=utf-8', STYLED) : send(type, vector[kind]);
        }
        if (path === 'folder/style.css' && vector.type === 'text/css') {
            return send(type, vector[kind]);
        }
        return response.writeHead(404).end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    site.host = `127.0.0.1:${server.address().port}`;
    site.origin = `http://${site.host}`;
    site.close = () => {
        server.closeAllConnections();
        server.close();
    };
    return site;
}

/** For sheets to get at. */
const STYLED =
    '<!DOCTYPE html><title>x</title><link rel="stylesheet" href="style.css"><body><p class="x" id="x">y</p>' +
    '<ul><li>z</li></ul><a href="page.html">a</a><input value="b"><img src="c.png" alt="d">';

function batch(kind, numbers) {
    const frames = numbers.map((number) => `<iframe src="/${kind}/${number}/folder/page.html"></iframe>`);
    return `<!DOCTYPE html><title>${kind}</title><link rel="icon" href="data:,">${frames.join('')}`;
}

/** Shows vectors, raw or made; what they did, and whom Chromium reached. */
async function observe(kind, vectors, site) {
    const browsers = await Chromium.launchAll(LANES, `corpus-${kind}`);
    const deeds = [];
    const numbered = new Map(vectors.map((vector) => [String(vector.number), vector]));
    const vectorOf = (url) => numbered.get(url.match(/\/(?:raw|made)\/(\d+)\//)?.[1]);
    const batches = Array.from({ length: Math.ceil(vectors.length / BATCH) }, (_, index) => index * BATCH);
    const pages = await Promise.all(browsers.map((browser) => browser.page()));
    for (const page of pages) {
        await watchDeeds(page, isInside(site), (what, url, detail) => deeds.push({ what, vector: vectorOf(url), detail }));
    }
    await inLanes(LANES, batches, async (from, lane) => {
        const numbers = vectors.slice(from, from + BATCH).map(({ number }) => number);
        try {
            await pages[lane].goto(`${site.origin}/batch/${kind}/${numbers}`);
            const found = await pages[lane].evaluate(PROD_FRAMES);
            deeds.push(...found.map(({ url, what }) => ({ what: 'keeps', vector: vectorOf(url), detail: what })));
            await pages[lane].waitForTimeout(SETTLE_MS);
        } catch (error) {
            // What is not filtered may lead the whole page away.
            if (kind === 'made') {
                throw error;
            }
        }
    });
    return { deeds, reach: await Chromium.closeAll(browsers) };
}

/** Whether a vector may ask for an address: it keeps to its own folder. */
const isInside = (site) => ({ origin, pathname }, from) => {
    const own = from.match(/\/(?:raw|made)\/\d+\//)?.[0];
    return origin === site.origin && (own === undefined || pathname.startsWith(own) || pathname === '/favicon.ico');
};
