// The hostile corpus through everything that stands before a reader: inserted as a site, opened at an origin of its
// own, filtered, under the policy of such pages. Each page is visited by itself, since none can be framed.
//
// Controls: some of it with the filter left out, where the policy alone must keep scripts from running; and with both
// left out, where it must be as hostile as it is meant to be.

import { Chromium, isOfSite } from './chromium.mjs';
import { watchDeeds } from './deeds.mjs';
import { PROD } from './prod.mjs';
import * as scenes from './scenes.mjs';
import { inLanes } from './tally.mjs';

/** Pages at a time: one per core. */
const LANES = 2;

/** The least that is visited, evenly out of all that there are. */
const LEAST = 500;

/** What is visited in the controls: one in so many of the first pages, which are hostile texts and not files. */
const CONTROL_FROM = 800;
const CONTROL_STEP = 10;

/** The share of those that must run a script where nothing is in its way. */
const CONTROL_SCRIPTS = 0.05;

/** How many pages one check is about. */
const BATCH = 128;

/** Runs the suite. @param {import('./tally.mjs').Tally} tally */
export async function run(tally) {
    const held = await Held.open('reader');
    await tally.check('reader: a site has an origin of its own', async (complain) => {
        if (!isOfSite(held.origin)) {
            complain(held.origin);
        }
    });
    const all = await held.pageNames();
    const names = everyNth(all, Math.max(1, Math.floor(all.length / LEAST)));
    await tally.check('reader: the corpus is there', async (complain) => {
        if (names.length < LEAST) {
            complain(`it has ${names.length} pages`);
        }
    });
    for (let from = 0; from < names.length; from += BATCH) {
        await tally.check(`reader: hostile pages from ${from} on`, (complain) =>
            held.visit(names.slice(from, from + BATCH), complain, (what, address, detail) => complain(`${address}: ${what} ${detail}`)),
        );
    }
    const reach = await held.close();
    await tally.check('reader: no name is looked up and nobody else is called', async (complain) => {
        reach.names.forEach((name) => complain(`${name} was looked up`));
        const ours = [`127.0.0.1:${held.port}`, `[::1]:${held.port}`];
        [...reach.addresses].filter((address) => !ours.includes(address)).forEach((address) => complain(`${address} was called`));
    });
    console.log(`${names.length} of ${all.length} hostile pages through the reader`);

    const some = everyNth(all.slice(0, CONTROL_FROM), CONTROL_STEP);
    await tally.check('reader, control: without the filter the policy lets no script run', async (complain) => {
        const deeds = await control(some, ['filter']);
        deeds.filter(({ what }) => what !== 'request').forEach(({ what, address, detail }) => complain(`${address}: ${what} ${detail}`));
    });
    await tally.check('reader, control: without filter and policy the pages are hostile', async (complain) => {
        const deeds = await control(some, ['filter', 'policy']);
        const running = new Set(deeds.filter(({ what }) => what === 'script').map(({ address }) => address)).size;
        if (running < CONTROL_SCRIPTS * some.length) {
            complain(`only ${running} of ${some.length} ran a script`);
        }
    });
}

/** What pages do that are held by fewer defences. */
async function control(names, without) {
    const held = await Held.open(`reader-without-${without.join('-')}`, without);
    const deeds = [];
    await held.visit(names, () => {}, (what, address, detail) => deeds.push({ what, address, detail }));
    await held.close();
    const doing = (kind) => new Set(deeds.filter(({ what }) => what === kind).map(({ address }) => address)).size;
    console.log(`without ${without.join(' and ')}: of ${names.length} pages ${doing('script')} ran a script, ${doing('dialog')} opened a dialog, ${doing('request')} asked a stranger`);
    return deeds;
}

const everyNth = (all, step) => all.filter((_, index) => index % step === 0);

/** The corpus as an open site, and browsers before it. */
class Held {
    note = () => {};

    static async open(name, without = []) {
        const held = new Held();
        const [scene] = await scenes.serveScenes('corpus', without);
        held.browsers = await Chromium.launchAll(LANES, name);
        held.pages = await Promise.all(held.browsers.map((browser) => browser.page()));
        const { origin: console_, port } = new URL(scene.url);
        [held.origin, held.port] = [console_, port];
        // Before the first page: what may have no program takes no debugger either.
        const isInside = (url) => [console_, held.origin].includes(url.origin);
        for (const page of held.pages) {
            await watchDeeds(page, isInside, (...deed) => held.note(...deed));
        }
        await held.pages[0].goto(scene.url);
        ({ origin: held.origin } = new URL(held.pages[0].url()));
        return held;
    }

    /** The pages of the corpus. */
    async pageNames() {
        await this.pages[0].goto(`${this.origin}/names.txt`);
        const text = await this.pages[0].locator('main pre').innerText();
        return text.trim().split('\n').filter((name) => name.endsWith('.html'));
    }

    /** Visits pages, notes what they do, and complains of what they are. */
    async visit(names, complain, note) {
        this.note = note;
        await inLanes(LANES, names, (name, lane) => visit(this.pages[lane], `${this.origin}/${name}`, complain));
    }

    close() {
        return Chromium.closeAll(this.browsers);
    }
}

async function visit(page, address, complain) {
    let [answer, found] = [];
    try {
        answer = await page.goto(address);
        found = await page.evaluate(PROD);
    } catch (error) {
        // One that leads elsewhere at once takes its place meanwhile.
        return complain(`${address}: ${error.message}`);
    }
    // A page that is refused says so, which is as good.
    if (![200, 415].includes(answer?.status())) {
        complain(`${address}: its status is ${answer?.status()}`);
    }
    found.forEach(({ url, what }) => complain(`${url}: keeps ${what}`));
    if (page.url() !== address) {
        complain(`${address}: it leads to ${page.url()}`);
    }
}
