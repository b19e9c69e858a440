import {registry} from "@web/core/registry";

/**
 * A length in seconds as hours and minutes, for pivots: 22800 is 6:20.
 *
 * @param {number|false} value
 * @returns {string}
 */
export function formatSeconds(value) {
    if (value === false || value === undefined) {
        return "";
    }
    const minutes = Math.round(value / 60);
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

registry.category("formatters").add("crm_seconds", formatSeconds);
