// What a hostile page does: the scripts that run, dialogs, windows, and whom it asks for what.

/**
 * Notes what a page and its frames do that is not theirs to do.
 *
 * @param {import('playwright-core').Page} page
 * @param {(url: URL, from: string) => boolean} isInside whether what comes from an address may ask for another
 * @param {(what: string, from: string, detail: string) => void} note
 */
export async function watchDeeds(page, isInside, note) {
    page.on('request', (request) => {
        const url = new URL(request.url());
        const from = frameOf(request);
        if (!isInside(url, from) && !['about:', 'data:', 'blob:'].includes(url.protocol)) {
            note('request', from, request.url());
        }
    });
    page.on('dialog', (dialog) => dialog.dismiss().catch(() => {}));
    page.on('popup', (popup) => {
        note('request', '', `a window: ${popup.url()}`);
        popup.close().catch(() => {});
    });
    const session = await page.context().newCDPSession(page);
    await session.send('Debugger.enable');
    await session.send('Page.enable');
    session.on('Page.javascriptDialogOpening', ({ url, message }) => note('dialog', url, message));
    session.on('Debugger.scriptParsed', ({ url, embedderName, executionContextAuxData }) => {
        // The tests' own scripts have no address; a foreign one has that of its page, or its own.
        const from = embedderName || url;
        if (from && executionContextAuxData?.isDefault) {
            note('script', from, url);
        }
    });
}

function frameOf(request) {
    try {
        return request.frame().url();
    } catch {
        // The frame is gone, or the request is not of one.
        return '';
    }
}
