// Pictures of every page, and a page that shows them to whoever reviews a change.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { options } from './options.mjs';

export const WIDTHS = [320, 768, 1280];
export const THEMES = ['light', 'dark'];

const directory = join(options.out, 'screenshots');
const taken = [];

/** Removes those of an earlier run. */
export function begin() {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
}

/** Makes the window as high as the page is at a width, so that a picture has all of it. */
export async function unroll(page, width, height) {
    await page.setViewportSize({ width, height });
    await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
}

/**
 * Takes a picture of what the window shows.
 *
 * @param {import('playwright-core').Page} page
 * @param {import('playwright-core').CDPSession} session of the page
 * @param {{ scene: string, language: string, theme: string, width: number }} what
 */
export async function take(page, session, what) {
    await page.evaluate(untilPainted);
    const { data } = await session.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
    const file = `${what.scene}-${what.language}-${what.theme}-${what.width}.png`;
    writeFileSync(join(directory, file), Buffer.from(data, 'base64'));
    taken.push({ ...what, file });
}

/** Runs in the page: a busy machine lays a page out for its new window some time after it was asked to. */
function untilPainted() {
    return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

/** Keeps a document, such as a printed page. */
export function keep(file, bytes) {
    writeFileSync(join(directory, file), bytes);
}

/** Writes `index.html`: a section per scene, its pictures side by side. */
export function end() {
    const scenes = [...new Set(taken.map(({ scene }) => scene))];
    const sections = scenes.map((scene) => {
        const pictures = taken.filter((picture) => picture.scene === scene);
        pictures.sort((a, b) => a.file.localeCompare(b.file, 'en', { numeric: true }));
        const figures = pictures.map(
            ({ file, language, theme, width }) =>
                `<figure><a href="${file}"><img loading="lazy" src="${file}" alt="${scene}, ${language}, ${theme}, ${width}"></a>` +
                `<figcaption>${language}, ${theme}, ${width}</figcaption></figure>`,
        );
        return `<section id="${scene}"><h2>${scene}</h2><div>${figures.join('')}</div></section>`;
    });
    const contents = scenes.map((scene) => `<a href="#${scene}">${scene}</a>`).join(' ');
    const style =
        'body{font:1rem sans-serif;margin:1rem}nav a{margin-right:.75rem}section div{display:flex;gap:1rem;overflow-x:auto;' +
        'align-items:start}figure{margin:0;flex:none}img{height:26rem;border:1px solid #888}figcaption{color:#555}';
    writeFileSync(
        join(directory, 'index.html'),
        `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Every page</title><style>${style}</style>` +
            `<h1>Every page</h1><nav>${contents}</nav>${sections.join('')}</html>`,
    );
    return { directory, count: taken.length };
}
