// Whole errands on a network of real nodes, in browsers whose scripts are switched off.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, crc32 } from 'node:zlib';

import { Chromium, Watch, isOfSite } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';
import * as lynx from './lynx.mjs';
import { Node, startNetwork } from './network.mjs';
import { options } from './options.mjs';

/** Enough for a path, and one that joins later. */
const NODES = 6;

/** Longest time for something to come, be stored, or fail, in ms: some ten times what it takes. */
const PATIENCE_MS = 60_000;

const LEAFLET = 'Heating cut off at the Tilleuls. Meeting on Thursday at seven, in the hall.';

/** Width and height of the picture of the site, in pixels. */
const PICTURE = [44, 33];

/** As browsers of Apple name themselves, which do not look up names below `localhost`. */
const APPLE = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15';

/** The page of a transfer, which may say what was taken out of its files. */
const TRANSFER = /\/transfers\/\d+(\?|$)/;


/** Runs the suite. @param {import('./tally.mjs').Tally} tally */
export async function run(tally) {
    const nodes = await startNetwork(NODES - 1);
    const [writer, reader] = nodes;
    const browser = await Chromium.launch('journeys', { javaScriptEnabled: false, locale: 'en-GB' });
    const journey = (name, known, walk) => tally.check(`journey: ${name}`, (complain) => travel(browser, known, walk, complain));

    let link;
    await journey('a file is put in at one node and read at another', nodes, async (page) => {
        link = await putIn(page, writer, 'leaflet.txt', Buffer.from(LEAFLET));
        await read(page, reader, link);
    });
    await journey('a bookmark is added, renamed and removed', nodes, (page) => bookmark(page, reader, link));
    await journey('a link that was cut is explained', nodes, (page) => badLink(page, reader));
    // What it puts in waits for other nodes, for as long as somebody needs to press buttons.
    const alone = await Node.start('alone', ['--network', 'local']);
    await alone.settle();
    await journey('a transfer is paused, resumed and removed', [alone], (page) => transfer(page, alone));
    await journey('settings are changed, and a wrong one is refused', nodes, (page) => settings(page, reader));
    // A node takes invitations to its own network alone, so it is in that one already.
    const fresh = await Node.start('new', ['--join', await writer.invitation()]);
    await journey('the first run, with an invitation', [fresh], async (page) => {
        await firstRun(page, fresh, await reader.invitation());
        await fresh.meet(NODES);
    });
    const site = await publishSite(writer);
    await journey('a site is read with its picture and style on an origin of its own', nodes, (page) => readSite(page, reader, site, isOfSite));
    const reach = await browser.close();
    const apple = await Chromium.launch('journeys-apple', { javaScriptEnabled: false, locale: 'en-GB', userAgent: APPLE });
    await tally.check('journey: a site is read below a path where such names are not found', (complain) =>
        travel(apple, nodes, (page) => readSite(page, reader, site, (origin) => origin === reader.console), complain),
    );
    await apple.close();
    await tally.check('journeys: no name is looked up and nobody else is called', async (complain) => {
        reach.names.forEach((name) => complain(`${name} was looked up`));
        [...reach.addresses].filter((address) => !/^(127\.0\.0\.1|\[::1\]):/.test(address)).forEach((address) => complain(`${address} was called`));
    });

    const firefox = await launchFirefox();
    await tally.check('journey in Firefox: a file is put in at one node and read at another', (complain) =>
        travel(firefox, nodes, (page) => again(page, writer, reader), complain),
    );
    await tally.check('journey in Firefox: a site is read with its picture and style on an origin of its own', (complain) =>
        travel(firefox, nodes, (page) => readSite(page, reader, site, isOfSite), complain),
    );
    await firefox.close();
    await tally.check('journey in lynx: every page of the contents reads as text', (complain) => lynx.readEverything(reader, complain));
    await tally.check('journey in lynx: a link is opened and its content read', (complain) => lynx.openLink(reader, link, LEAFLET, complain));
    await tally.check('journey in lynx: a form is filled in and sent', (complain) => lynx.addBookmark(reader, link, complain));
}

/** Walks through an errand on a page of its own, which asks none but the known nodes. */
async function travel(browser, known, walk, complain) {
    const page = await browser.page();
    const watch = new Watch(page, known.map((node) => node.console));
    page.setDefaultTimeout(PATIENCE_MS);
    try {
        await walk(page);
    } catch (error) {
        complain(`${error}`);
        complain(`the page is ${page.url()}: ${(await page.locator('main').innerText({ timeout: 1_000 })).slice(0, 1_000)}`);
    }
    watch.complaints.forEach(complain);
    await page.close();
}

async function again(page, writer, reader) {
    const text = `${LEAFLET} Again.`;
    const link = await putIn(page, writer, 'again.txt', Buffer.from(text));
    await read(page, reader, link, text);
}

/** Puts a file in by the form, waits until it is stored; its link. */
async function putIn(page, node, name, content) {
    await page.goto(node.console);
    await page.click('nav a[href="/insert"]');
    await page.setInputFiles('input[type="file"]', { name, mimeType: 'text/plain', buffer: content });
    await page.click('main form button[type="submit"]');
    await page.waitForURL(TRANSFER);
    await see(page, '.stampbox', 'Stored');
    return page.locator('main .key code').innerText();
}

/** Publishes a site of two pages, a picture and a sheet on the command line; its link. */
async function publishSite(node) {
    const place = join(options.out, 'nodes', 'a-site');
    mkdirSync(place, { recursive: true });
    const page = (title, body) =>
        `<!DOCTYPE html><html lang="en"><title>${title}</title><link rel="stylesheet" href="look.css"><h1>${title}</h1>` +
        `<p class="gone">Without the sheet this is seen.</p>${body}<script>document.title = 'hostile'</script></html>`;
    writeFileSync(join(place, 'index.html'), page('The Tilleuls', '<img src="hall.png" alt="The hall"> <a href="rents.html">Rents</a>'));
    writeFileSync(join(place, 'rents.html'), page('Rents', '<p>Up by a tenth since spring.</p>'));
    writeFileSync(join(place, 'look.css'), '.gone { display: none }');
    writeFileSync(join(place, 'hall.png'), picture(...PICTURE));
    const { uri } = JSON.parse(await node.run('site', 'publish', place, '--name', 'tilleuls', '--now', '--json'));
    return uri;
}

/** Reads that site by its link, and follows its own. `isThere` says of an origin whether it is the right one. */
async function readSite(page, node, link, isThere) {
    await page.goto(node.console);
    await page.fill('main input[name="link"]', link);
    await page.click('main form.open button');
    const shown = page.locator('img[alt="The hall"]');
    await shown.waitFor();
    const { origin } = new URL(page.url());
    if (!isThere(origin)) {
        throw new Error(`it is read at ${page.url()}`);
    }
    for (const patience = Date.now() + PATIENCE_MS; ; await page.waitForTimeout(100)) {
        const { width, height } = (await shown.boundingBox()) ?? {};
        if (width === PICTURE[0] && height === PICTURE[1]) {
            break;
        }
        if (Date.now() > patience) {
            throw new Error(`the picture has ${width} to ${height} pixels`);
        }
    }
    if (await page.locator('.gone').isVisible()) {
        throw new Error('its sheet is not applied');
    }
    await page.click('a:text("Rents")');
    await see(page, 'body', 'Up by a tenth');
    if (new URL(page.url()).origin !== origin || (await page.title()).includes('hostile')) {
        throw new Error(`its own link leads to ${page.url()}`);
    }
}

/** A PNG of one grey. */
function picture(width, height) {
    const chunk = (kind, data) => {
        const body = Buffer.concat([Buffer.from(kind), data]);
        const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
        length.writeUInt32BE(data.length);
        sum.writeUInt32BE(crc32(body));
        return Buffer.concat([length, body, sum]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 0, 0, 0, 0], 8);
    const rows = Buffer.alloc((width + 1) * height, 0x80);
    for (let row = 0; row < height; row += 1) {
        rows[row * (width + 1)] = 0;
    }
    const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** Types a link into the home page, and waits for what it leads to. */
async function read(page, node, link, text = LEAFLET) {
    await page.goto(node.console);
    await page.fill('main input[name="link"]', link);
    await page.click('main form.open button');
    await see(page, 'body', text);
}

/** Waits until a page, which reloads itself, says something in a place. */
async function see(page, place, words) {
    await page.locator(place).filter({ hasText: words }).first().waitFor();
}

async function bookmark(page, node, link) {
    await page.goto(node.console);
    await page.click('nav a[href="/bookmarks"]');
    const add = page.locator('form[action="/bookmarks"]');
    await add.locator('[name="link"]').fill(link);
    await add.locator('[name="title"]').fill('A leaflet');
    await add.locator('button').click();
    await see(page, 'ol.rows', 'A leaflet');
    await page.click('ol.rows summary');
    const change = page.locator('form[action="/bookmarks/change"]');
    await change.locator('[name="title"]').fill('The heating');
    await change.locator('button').click();
    await see(page, 'ol.rows', 'The heating');
    await page.click('ol.rows h2 a');
    await see(page, 'body', LEAFLET);
    await page.goBack();
    await page.click('ol.rows summary');
    await page.click('form[action="/bookmarks/remove"] button');
    await see(page, '.blank', 'No bookmark yet');
}

async function badLink(page, node) {
    await page.goto(node.console);
    await page.fill('main input[name="link"]', 'CHK@cut');
    const [answer] = await Promise.all([page.waitForNavigation(), page.click('main form.open button')]);
    if (answer.status() !== 400) {
        throw new Error(`the status is ${answer.status()}`);
    }
    await see(page, 'main', '3 parts');
    // The first thing that it proposes leads somewhere.
    await page.locator('main ol.rows a').first().click();
    await see(page, 'h1', /./);
}

async function transfer(page, node) {
    await page.goto(`${node.console}/insert`);
    await page.setInputFiles('input[type="file"]', { name: 'leaflet.txt', mimeType: 'text/plain', buffer: Buffer.from(LEAFLET) });
    await page.click('main form button[type="submit"]');
    await page.waitForURL(TRANSFER);
    const { pathname } = new URL(page.url());
    await page.click(`form[action="${pathname}/pause"] button`);
    await page.goto(`${node.console}${pathname}`);
    await see(page, '.stampbox', 'Paused');
    await page.click(`form[action="${pathname}/resume"] button`);
    await page.goto(`${node.console}${pathname}?still`);
    await page.locator('.stampbox').filter({ hasNotText: 'Paused' }).waitFor();
    await page.click(`main a[href="${pathname}/remove"]`);
    await page.click(`form[action="${pathname}/remove"] button`);
    await page.goto(`${node.console}${pathname}`);
    await see(page, 'h1', 'This transfer is no more');
}

async function settings(page, node) {
    await page.goto(node.console);
    await page.click('nav a[href="/settings"]');
    const form = (name) => page.locator(`form:has(input[name="name"][value="${name}"])`);
    const set = async (name, act) => {
        await act(form(name).locator('[name="value"]'));
        await form(name).locator('button').click();
    };
    await set('console.language', (field) => field.selectOption('fr'));
    await see(page, 'h1', 'Réglages');
    await set('console.language', (field) => field.selectOption(''));
    await see(page, 'h1', 'Settings');
    await set('disk.quota', (field) => field.fill('a great deal'));
    await see(page, 'form.wrong', 'This cannot be');
    const kept = await form('disk.quota').locator('[name="value"]').inputValue();
    if (kept !== 'a great deal') {
        throw new Error(`what was typed became “${kept}”`);
    }
}

async function firstRun(page, node, invitation) {
    await page.goto(node.console);
    await see(page, 'main', 'Step 1 of 3');
    await page.check('#l-en');
    await page.click('main form button[type="submit"]');
    await see(page, 'main', 'Step 2 of 3');
    await page.check('#d-own');
    await page.fill('#quota', 'plenty');
    await page.click('main form button[type="submit"]');
    await see(page, '.why', 'This is no size');
    await page.fill('#quota', '200 MiB');
    await page.click('main form button[type="submit"]');
    await see(page, 'main', 'Step 3 of 3');
    await page.fill('#invitation', `${invitation.slice(0, -9)}`);
    await page.click('form[action="/welcome/join"] button');
    await see(page, '[role="alert"]', 'copy the whole line');
    await page.fill('#invitation', invitation);
    await page.click('form[action="/welcome/join"] button');
    await see(page, 'h1', /node/);
}
