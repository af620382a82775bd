// axe-core: what a program can judge of WCAG 2.2, levels A and AA.

import { axeSource } from './tools.mjs';

/** Every rule of levels A and AA, and what is good practice. */
export const WHOLE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

/** Those of them that another palette or width can break. */
export const LOOKS = ['color-contrast', 'link-in-text-block', 'target-size'];

/** Makes axe known to a page. */
export async function bringAxe(page) {
    await page.evaluate(axeSource);
}

/**
 * Sentences about each violation in the page as it looks now.
 *
 * @param {import('playwright-core').Page} page
 * @param {string[]} rules or kinds of rules: `WHOLE` or `LOOKS`
 */
export async function accessibilityFaults(page, rules) {
    const violations = await page.evaluate(async (rules) => {
        const results = await globalThis.axe.run(document, {
            runOnly: rules,
            // Off unless asked for, since it is new.
            rules: { 'target-size': { enabled: true } },
            resultTypes: ['violations'],
        });
        return results.violations.map(({ id, nodes }) => ({
            id,
            nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`.replace(/\s+/g, ' ')),
        }));
    }, rules);
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node}`));
}
