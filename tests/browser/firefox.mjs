// Debian's Firefox, driven over WebDriver BiDi, which it speaks itself: no driver and no patched build is needed.

import { firefox } from './tools.mjs';

/** Debian's; no browser is downloaded. */
const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** The channel is Playwright's word for a Firefox as its makers build it. */
const CHANNEL = 'moz-firefox';

/** What stops Firefox from calling home. */
const PREFERENCES = {
    'app.normandy.enabled': false,
    'app.update.disabledForTesting': true,
    'intl.accept_languages': 'en',
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
};

export async function launchFirefox() {
    const browser = await firefox.launch({ channel: CHANNEL, executablePath: EXECUTABLE, firefoxUserPrefs: PREFERENCES });
    // Media features cannot be emulated over this protocol: all are left as they are.
    const media = { colorScheme: null, contrast: null, forcedColors: null, reducedMotion: null };
    const context = await browser.newContext({ javaScriptEnabled: false, ...media });
    return { page: () => context.newPage(), close: () => browser.close(), version: browser.version() };
}
