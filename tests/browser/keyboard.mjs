// A page without a mouse: the tab key gets to every control, each shows that it is there, and one can skip to the text.

/** Presses after the last control that may be needed to be back at the first. */
const SPARE_PRESSES = 3;

/** How often, and after how many ms each, it is looked whether what has the focus has come into view. */
const LOOKS = 50;
const LOOK_AGAIN_MS = 100;

/** Sentences about what the keyboard cannot do. The page is left with the focus somewhere. */
export async function keyboardFaults(page) {
    const faults = [];
    const wanted = await page.evaluate(numberControls);
    const reached = new Set();
    for (let press = 0; press < wanted.length + SPARE_PRESSES; press += 1) {
        await page.keyboard.press('Tab');
        const focused = await focusInView(page);
        if (focused === null) {
            break;
        }
        if (press === 0 && !focused.isSkip) {
            faults.push(`the first press of tab gets to ${focused.html}, not to the link that skips the contents`);
        }
        if (!focused.isOutlined) {
            faults.push(`no outline shows that the focus is at ${focused.html}`);
        }
        if (!focused.isInside) {
            faults.push(`the focus is out of sight, at ${focused.html}`);
        }
        reached.add(focused.number);
    }
    wanted.filter(({ number }) => !reached.has(number)).forEach(({ html }) => faults.push(`tab does not get to ${html}`));
    return [...faults, ...(await skipFaults(page))];
}

/** What has the focus. A browser brings it into view with the next frame that it draws, which may be late. */
async function focusInView(page) {
    let focused = await page.evaluate(describeFocus);
    for (let look = 0; look < LOOKS && focused?.isInside === false; look += 1) {
        await page.waitForTimeout(LOOK_AGAIN_MS);
        focused = await page.evaluate(describeFocus);
    }
    return focused;
}

/** Runs in the page. Of a group of radio buttons tab reaches one. */
function numberControls() {
    const controls = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')];
    const groups = new Set();
    const isWanted = (control) => {
        const isShown = control.checkVisibility({ visibilityProperty: true }) && control.getClientRects().length > 0;
        if (!isShown || control.disabled || control.type === 'hidden' || control.tabIndex < 0) {
            return false;
        }
        if (control.type !== 'radio') {
            return true;
        }
        const group = document.querySelector(`input[name="${control.name}"]:checked`) ?? control;
        const isFirst = group === control && !groups.has(control.name);
        groups.add(control.name);
        return isFirst;
    };
    return controls.filter(isWanted).map((control, number) => {
        control.roneoNumber = number;
        return { number, html: control.outerHTML.slice(0, 120) };
    });
}

/** Runs in the page. */
function describeFocus() {
    const element = document.activeElement;
    if (element === null || element === document.body) {
        return null;
    }
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const isInside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    return {
        number: element.roneoNumber,
        html: element.outerHTML.slice(0, 120),
        isSkip: element.matches('.skip, .roneo-skip'),
        isInside,
        isOutlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    };
}

async function skipFaults(page) {
    await page.locator('.skip, .roneo-skip').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const isPast = await page.evaluate(() => {
        const [main, focused] = [document.querySelector('main'), document.activeElement];
        const order = main.compareDocumentPosition(focused);
        const isRound = focused.matches('.skip, .roneo-skip') && main.querySelector('a[href], button, input') === null;
        return isRound || main.contains(focused) || focused === document.body || (order & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    });
    return isPast ? [] : ['the link that skips the contents does not'];
}
