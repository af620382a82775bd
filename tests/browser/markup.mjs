// Served HTML against html-validate's recommended rules.

import { HtmlValidate } from './tools.mjs';

const validator = new HtmlValidate({
    root: true,
    extends: ['html-validate:recommended'],
    rules: {},
});

/** A picture that the filter left out keeps its text, which browsers show. */
const foreign = new HtmlValidate({
    root: true,
    extends: ['html-validate:recommended'],
    rules: { 'element-required-attributes': 'off' },
});

/** Sentences about what is wrong in a page; of a site, in the whole of it with what strangers wrote. */
export async function markupFaults(html, isForeign) {
    const report = await (isForeign ? foreign : validator).validateString(html);
    const messages = report.results.flatMap((result) => result.messages);
    return messages.map(({ ruleId, message, line, column }) => `${line}:${column} ${message} (${ruleId})`);
}
