// Every page of the console in every state, served by fproxy's example, and how a browser gets to each.

import { createServer } from 'node:http';

import { Program } from './processes.mjs';
import { options } from './options.mjs';

export const LANGUAGES = ['fr', 'en'];

/** No form was ever handed this. */
const OLD_TOKEN = '0'.repeat(64);

/** All scenes whose names begin so, served until the program is ended; without some of the defences, in controls. */
export async function serveScenes(start = options.scene ?? '', without = []) {
    const program = new Program(options.pages, without.length ? ['--without', without.join()] : []);
    const lines = await program.readUntil((line) => line.ready);
    return lines.filter(({ name }) => name?.startsWith(start));
}

/** Whether a scene is a page of a site, on an origin of its own, below a bar of ours. */
export const isForeign = (scene) => scene.follow === null;

/** A page of somebody else, with one link. */
export class Elsewhere {
    static async open() {
        const elsewhere = new Elsewhere();
        elsewhere.server = createServer((request, response) => {
            const target = new URL(request.url, 'http://elsewhere.invalid').searchParams.get('to') ?? '';
            response.setHeader('content-type', 'text/html; charset=utf-8');
            response.end(`<!DOCTYPE html><title>Elsewhere</title><link rel="icon" href="data:,"><a href="${encodeURI(target)}">there</a>`);
        });
        await new Promise((resolve) => elsewhere.server.listen(0, '127.0.0.1', resolve));
        elsewhere.origin = `http://127.0.0.1:${elsewhere.server.address().port}`;
        return elsewhere;
    }

    close() {
        this.server.closeAllConnections();
        this.server.close();
    }
}

/**
 * Opens a scene as its user would.
 *
 * @param {import('playwright-core').Page} page
 * @param {object} scene as the example describes it
 * @param {Elsewhere} elsewhere
 * @returns {Promise<import('playwright-core').Response>} the page's own answer
 */
export async function openScene(page, scene, elsewhere) {
    const navigate = async (act) => (await Promise.all([page.waitForNavigation(), act()]))[0];
    if (scene.from_elsewhere) {
        await page.goto(`${elsewhere.origin}/?to=${encodeURIComponent(scene.url)}`);
        return navigate(() => page.click('a'));
    }
    const answer = await page.goto(scene.url);
    if (scene.follow) {
        return navigate(() => page.locator(`a[href*="${scene.follow}"]`).first().click());
    }
    if (!scene.form) {
        return answer;
    }
    const { action, fields, old_token: isOld } = scene.form;
    const form = page.locator(`form[action="${action}"]`).first();
    for (const [name, text] of Object.entries(fields)) {
        const field = form.locator(`[name="${name}"]`).first();
        const kind = await field.evaluate((element) => (element.localName === 'input' ? element.type : element.localName));
        if (['hidden', 'button'].includes(kind)) {
            // What the page itself sends along, or which button is pressed: a field of its own in the form.
            await form.evaluate((element, [name, text]) => {
                const own = element.querySelector(`input[name="${name}"]`) ?? document.createElement('input');
                Object.assign(own, { type: 'hidden', name, value: text });
                element.append(own);
            }, [name, text]);
        } else if (kind === 'select') {
            await field.selectOption(text);
        } else if (kind !== 'file') {
            await field.fill(text);
        } else if (text) {
            await field.setInputFiles({ name: 'tract.txt', mimeType: 'text/plain', buffer: Buffer.from(text) });
        }
    }
    if (isOld) {
        await form.locator('[name="token"]').evaluate((field, token) => (field.value = token), OLD_TOKEN);
    }
    // Past the browser's own look at required fields: the server's answer is what is wanted.
    return navigate(() => form.evaluate((element) => HTMLFormElement.prototype.submit.call(element)));
}

/** Keeps a page that reloads itself from doing so, from the call of what this returns on. */
export async function holdStill(page) {
    let isHeld = false;
    await page.route('**', (route) => {
        const request = route.request();
        const isPage = request.isNavigationRequest() && request.frame() === page.mainFrame();
        return isHeld && isPage ? route.abort('aborted') : route.continue();
    });
    return () => {
        isHeld = true;
    };
}
