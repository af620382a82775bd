// What hostile pages are touched with.

/** Source of a function that runs in a page: touches everything in it as an impatient reader would. */
export const PROD = `(${prod})()`;

/** The same for every frame of a page. */
export const PROD_FRAMES = `[...document.querySelectorAll('iframe')].flatMap((frame) => {
    try {
        return (${prod})(frame.contentDocument);
    } catch {
        return [];
    }
})`;

/** What the page keeps that it should not. */
function prod(page = document) {
    const events = ['click', 'mouseover', 'mousemove', 'focus', 'keydown', 'input', 'toggle', 'animationstart', 'transitionend', 'wheel', 'error', 'load'];
    const found = [];
    const url = page.URL;
    for (const element of page.querySelectorAll('*')) {
        const handlers = element.getAttributeNames().filter((name) => name.startsWith('on'));
        handlers.forEach((name) => found.push({ url, what: `${element.localName} ${name}` }));
        const address = element.href?.baseVal ?? element.action ?? element.href;
        if (/^javascript:/i.test(String(address))) {
            found.push({ url, what: `${element.localName} ${address}` });
            element.click?.();
        }
        [...events, ...handlers.map((name) => name.slice(2))].forEach((name) => {
            element.dispatchEvent(new Event(name, { bubbles: false, cancelable: true }));
        });
    }
    if (page.scripts.length > 0) {
        found.push({ url, what: 'a script element' });
    }
    return found;
}
