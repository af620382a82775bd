// lynx: the console as text alone, its forms filled in by keys.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { options } from './options.mjs';
import { output } from './processes.mjs';

/** Everything in the contents. */
const PAGES = ['/', '/transfers', '/insert', '/keys', '/bookmarks', '/node', '/settings', '/help', '/help/protection'];

/** Longest time for content to come, and between two looks, in ms. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;

/** What lynx shows of an address, without the list of links. */
function dump(address) {
    return output('lynx', ['-dump', '-nolist', '-width=100', '-display_charset=utf-8', address]);
}

/** Every page says what it is, and shows nothing that is not text. */
export async function readEverything(node, complain) {
    for (const path of PAGES) {
        const text = await dump(`${node.console}${path}`);
        if (!text.includes('Roneo')) {
            complain(`${path} does not say what it is: ${text}`);
        }
        if (/javascript|\[INLINE\]|\[IMAGE\]/i.test(text)) {
            complain(`${path} needs more than text: ${text}`);
        }
    }
}

/** Opens a link as the home page's form does; what it leads to is read as soon as it is there. */
export async function openLink(node, link, words, complain) {
    const address = `${node.console}/?link=${encodeURIComponent(link)}`;
    const deadline = Date.now() + PATIENCE_MS;
    let text = await dump(address);
    while (!text.includes(words) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        text = await dump(address);
    }
    if (!text.includes(words)) {
        complain(`lynx shows no “${words}” but ${text}`);
    }
}

/** Fills in the form for a bookmark by keys, and sends it. */
export async function addBookmark(node, link, complain) {
    const address = `${node.console}/bookmarks`;
    const numbered = await output('lynx', ['-dump', '-nolist', '-number_fields', address]);
    const field = numbered.match(/\[(\d+)\]_/)?.[1];
    if (field === undefined) {
        complain(`there is no field on ${numbered}`);
        return;
    }
    const title = 'Kept with lynx';
    // It begins at the first link.
    const toField = Array(field - 1).fill('Down Arrow');
    await press(address, [...toField, ...typed(link), 'Down Arrow', ...typed(title), 'Down Arrow', '^J', 'q', 'y']);
    const text = await dump(address);
    if (!text.includes(title)) {
        complain(`the bookmark is not among ${text}`);
    }
}

const typed = (text) => [...text].map((sign) => (sign === ' ' ? '<space>' : sign));

/** Runs lynx and presses keys. */
async function press(address, keys) {
    const directory = join(options.out, 'lynx');
    mkdirSync(directory, { recursive: true });
    const script = join(directory, 'keys.txt');
    writeFileSync(script, keys.map((key) => `key ${key}\n`).join(''));
    await output('lynx', [`-cmd_script=${script}`, address], { env: { TERM: 'xterm' } });
}
