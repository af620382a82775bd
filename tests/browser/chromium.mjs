// Chromium, and what it did: every name that it looked up, every address that it connected to, and of each page
// the requests, scripts, dialogs and messages.

import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { options } from './options.mjs';
import { chromium } from './tools.mjs';

/** Debian's; no browser is downloaded. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Longest time for whatever is waited for: a machine may have other work to do. */
const PATIENCE_MS = 100_000;

/** What Chromium asks for on its own account. These names lead nowhere here. */
const ITS_OWN = ['google.com', 'googleapis.com', 'googleusercontent.com', 'gstatic.com', 'gvt1.com'];

/** Events of the network log that name a host, and the field that does. */
const LOOKUPS = { HOST_RESOLVER_MANAGER_REQUEST: 'host', HOST_RESOLVER_MANAGER_JOB: 'host', DNS_TRANSACTION: 'hostname' };

/** A Chromium with a profile of its own. */
export class Chromium {
    /**
     * A persistent profile, since windows without one neither prefetch names nor preconnect.
     *
     * @param {string} name tells its files from those of others
     * @param {object} [settings] of Playwright's context
     */
    static async launch(name, settings = {}) {
        const browser = new Chromium();
        const directory = join(options.out, 'chromium', name);
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(directory, { recursive: true });
        browser.log = join(directory, 'network.json');
        browser.profile = join(directory, 'profile');
        const rules = ITS_OWN.flatMap((host) => [`MAP ${host} ~NOTFOUND`, `MAP *.${host} ~NOTFOUND`]);
        browser.context = await chromium.launchPersistentContext(browser.profile, {
            executablePath: EXECUTABLE,
            args: [`--log-net-log=${browser.log}`, `--host-resolver-rules=${rules.join(', ')}`],
            chromiumSandbox: process.getuid() !== 0,
            ...settings,
        });
        browser.context.setDefaultTimeout(PATIENCE_MS);
        return browser;
    }

    /** As many as are used at a time: of one browser's pages only that in front is drawn, and follows the focus. */
    static launchAll(count, name, settings) {
        return Promise.all(Array.from({ length: count }, (_, lane) => Chromium.launch(`${name}-${lane}`, settings)));
    }

    /** Ends browsers; whom they reached together. @returns {Promise<Reach>} */
    static async closeAll(browsers) {
        const all = await Promise.all(browsers.map((browser) => browser.close()));
        const together = (field) => new Set(all.flatMap((reach) => [...reach[field]]));
        return { names: together('names'), addresses: together('addresses') };
    }

    page() {
        return this.context.newPage();
    }

    /** Ends it. @returns {Promise<Reach>} */
    async close() {
        await this.context.close();
        rmSync(this.profile, { recursive: true, force: true });
        return readLog(this.log);
    }
}

/**
 * @typedef {object} Reach
 * @property {Set<string>} names that were looked up
 * @property {Set<string>} addresses with ports, that were connected to
 */

/** Reads a network log: a line of constants, then an event per line, then a line on what was open at the end. */
async function readLog(path) {
    const reach = { names: new Set(), addresses: new Set() };
    let types;
    for await (const line of createInterface({ input: createReadStream(path) })) {
        if (line.startsWith('{"constants"')) {
            const { logEventTypes } = JSON.parse(`${line.replace(/,$/, '')}}`).constants;
            types = new Map(Object.entries(logEventTypes).map(([name, number]) => [number, name]));
        } else if (line.startsWith('{')) {
            const { type, params = {} } = JSON.parse(line.replace(/(\]?,|\])$/, ''));
            note(reach, types.get(type), params);
        }
    }
    if (types === undefined) {
        throw new Error(`${path} is no network log`);
    }
    return reach;
}

function note(reach, event, params) {
    const host = params[LOOKUPS[event]]?.replace(/^[a-z]+:\/\//, '').replace(/:\d+$/, '');
    // Chromium answers for names below localhost by itself.
    const isOurs = host === '127.0.0.1' || /(^|\.)localhost$/.test(host) || host?.startsWith('~');
    if (host !== undefined && !isOurs) {
        reach.names.add(host);
    }
    if (event === 'TCP_CONNECT_ATTEMPT' && params.address) {
        reach.addresses.add(params.address);
    }
}

/** How the address of a site's own origin begins. */
const SITE = /^http:\/\/[a-z2-7]{26}\.localhost:/;

/** Whether an address is on a site's own origin. */
export const isOfSite = (url) => SITE.test(url);

/** The origin of the console that an address belongs to: its own, or that which shows the site. */
const consoleOf = ({ origin }) => origin.replace(SITE, 'http://127.0.0.1:');

/** Collects what a page does that none should. */
export class Watch {
    /** Sentences about it. */
    complaints = [];
    /** Answers that came from the origins. */
    responses = [];

    /** @param {import('playwright-core').Page} page @param {string[]} origins where requests may go, and to sites there */
    constructor(page, origins) {
        page.on('request', (request) => {
            if (!origins.includes(consoleOf(new URL(request.url())))) {
                this.complaints.push(`it asks for ${request.url()}`);
            }
        });
        page.on('response', (response) => this.responses.push(response));
        page.on('dialog', (dialog) => {
            this.complaints.push(`it shows a dialog: ${dialog.message()}`);
            dialog.dismiss().catch(() => {});
        });
        page.on('pageerror', (error) => {
            // Firefox asks for an icon of what is no page too, and reports that the policy forbids it.
            if (!error.message.includes('/favicon.ico because')) {
                this.complaints.push(`an error: ${error.message}`);
            }
        });
        page.on('console', (message) => {
            // A page that tells of a failure has its status, and the console says so.
            const isStatus = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
            // The tests' own scripts are kept from running on pages of sites, whose own there are none of.
            const isSandbox = message.text().startsWith('Blocked script execution');
            if (['error', 'warning'].includes(message.type()) && !isStatus && !isSandbox) {
                this.complaints.push(`the console says: ${message.text()}`);
            }
        });
    }
}
