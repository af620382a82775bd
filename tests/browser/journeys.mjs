// Whole errands on a network of real nodes, in browsers whose scripts are switched off.

import { Chromium, Watch } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';
import * as lynx from './lynx.mjs';
import { Node, startNetwork } from './network.mjs';

/** Enough for a path, and one that joins later. */
const NODES = 6;

/** Longest time for something to come, be stored, or fail, in ms: some ten times what it takes. */
const PATIENCE_MS = 60_000;

const LEAFLET = 'Heating cut off at the Tilleuls. Meeting on Thursday at seven, in the hall.';

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
    const reach = await browser.close();
    await tally.check('journeys: no name is looked up and nobody else is called', async (complain) => {
        reach.names.forEach((name) => complain(`${name} was looked up`));
        [...reach.addresses].filter((address) => !/^(127\.0\.0\.1|\[::1\]):/.test(address)).forEach((address) => complain(`${address} was called`));
    });

    const firefox = await launchFirefox();
    await tally.check('journey in Firefox: a file is put in at one node and read at another', (complain) =>
        travel(firefox, nodes, (page) => again(page, writer, reader), complain),
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
