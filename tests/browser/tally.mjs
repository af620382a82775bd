// Runs checks, prints those that fail, counts all.

/** Longest time for one check. */
const CHECK_LIMIT_MS = 240_000;

/** Complaints of one check that are printed. */
const COMPLAINTS_SHOWN = 12;

export class Tally {
    passed = 0;
    failed = 0;

    /**
     * Runs a check. It fails if it throws, or hands a sentence to the function that it is given.
     *
     * @param {string} name
     * @param {(complain: (sentence: string) => void) => Promise<void>} check
     */
    async check(name, check) {
        const complaints = [];
        try {
            await within(CHECK_LIMIT_MS, check((sentence) => complaints.push(sentence)));
        } catch (error) {
            complaints.push(error.stack ?? String(error));
        }
        if (complaints.length === 0) {
            this.passed += 1;
            return;
        }
        this.failed += 1;
        console.log(`${name} ... FAILED`);
        complaints.slice(0, COMPLAINTS_SHOWN).forEach((complaint) => console.log(`    ${complaint}`));
        if (complaints.length > COMPLAINTS_SHOWN) {
            console.log(`    and ${complaints.length - COMPLAINTS_SHOWN} more`);
        }
    }

    /** The line that `cargo xtask` counts, in the shape of Rust's own. */
    toString() {
        const outcome = this.failed === 0 ? 'ok' : 'FAILED';
        return `test result: ${outcome}. ${this.passed} passed; ${this.failed} failed; 0 ignored`;
    }
}

/** What `work` comes to, or an error when that takes longer than `limit` ms. */
async function within(limit, work) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing after ${limit / 1000} s`)), limit);
    });
    try {
        return await Promise.race([work, late]);
    } finally {
        clearTimeout(timer);
    }
}

/**
 * Goes through `items`, `count` at a time.
 *
 * @template T
 * @param {number} count
 * @param {T[]} items
 * @param {(item: T, lane: number) => Promise<void>} work `lane` is below `count`, and no two that run at a time share it.
 */
export async function inLanes(count, items, work) {
    const rest = items.values();
    const lanes = Array.from({ length: count }, async (_, lane) => {
        for (const item of rest) {
            await work(item, lane);
        }
    });
    await Promise.all(lanes);
}
