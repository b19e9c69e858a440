import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// the ends of each measure: points, per cent, marks
const SCALES = {nps: [-100, 100], csat: [0, 100], ces: [1, 7]};

/** Where the truth lies, as a bar from *From* to *To* with a dot at the score. */
export class CrmInterval extends Component {
    static template = "crm_marketing_survey.Interval";
    static props = {...standardFieldProps};

    /** Per cent of the width from the left, within the scale. */
    place(value) {
        const [low, high] = SCALES[this.props.record.data.measure] || [0, 100];
        return Math.min(100, Math.max(0, (100 * (value - low)) / (high - low)));
    }
    get dot() {
        return this.place(this.props.record.data[this.props.name]);
    }
    get bar() {
        const {low, high} = this.props.record.data;
        const left = this.place(low);
        return {left, width: Math.max(1, this.place(high) - left)};
    }
    /** A single mark of ease says nothing of where the others lie. */
    get hasBar() {
        const {low, high} = this.props.record.data;
        return low !== high || low !== 0;
    }
    get text() {
        return this.props.record.data.text;
    }
}

registry.category("fields").add("crm_interval", {
    component: CrmInterval,
    supportedTypes: ["float"],
    fieldDependencies: [
        {name: "low", type: "float"},
        {name: "high", type: "float"},
        {name: "measure", type: "selection"},
        {name: "is_few", type: "boolean"},
        {name: "text", type: "char"},
    ],
});
