import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {deserializeDate, serializeDate} from "@web/core/l10n/dates";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {formatFloat} from "@web/views/fields/formatters";
import {parseFloat} from "@web/views/fields/parsers";

// kind of question -> the column its answer lives in
const VALUE_FIELDS = {
    yes_no: "value_yes_no",
    choice: "value_option_id",
    number: "value_number",
    amount: "value_amount",
    date: "value_date",
};

/**
 * The questions to a lead, one under another, each with the control of its kind. Every
 * answer goes into the form's record, so that score and verdict change at once.
 */
export class QualificationAnswers extends Component {
    static template = "crm_relations.QualificationAnswers";
    static props = {...standardFieldProps};

    get answers() {
        return this.props.record.data[this.props.name].records;
    }

    value(answer) {
        return answer.data[VALUE_FIELDS[answer.data.kind]];
    }

    isChosen(answer, value) {
        const current = this.value(answer);
        return (
            (answer.data.kind === "choice" ? current && current.id : current) === value
        );
    }

    /** A second click on the same answer takes it back. */
    choose(answer, value, label) {
        const taken = this.isChosen(answer, value);
        const isChoice = answer.data.kind === "choice";
        const chosen = isChoice ? {id: value, display_name: label} : value;
        return answer.update({
            [VALUE_FIELDS[answer.data.kind]]: taken ? false : chosen,
            is_answered: !taken,
        });
    }

    formatNumber(answer) {
        return answer.data.is_answered
            ? formatFloat(this.value(answer), {trailingZeros: false})
            : "";
    }

    changeNumber(answer, ev) {
        const text = ev.target.value.trim();
        let value = 0;
        try {
            value = text ? parseFloat(text) : 0;
        } catch {
            ev.target.value = this.formatNumber(answer);
            return;
        }
        return answer.update({
            [VALUE_FIELDS[answer.data.kind]]: value,
            is_answered: text !== "",
        });
    }

    formatDate(answer) {
        return this.value(answer) ? serializeDate(this.value(answer)) : "";
    }

    changeDate(answer, ev) {
        const text = ev.target.value;
        return answer.update({
            value_date: text ? deserializeDate(text) : false,
            is_answered: text !== "",
        });
    }

    /** What the answer is worth, as an icon. */
    icon(answer) {
        if (!answer.data.is_answered) {
            return "fa-circle-o text-muted";
        }
        if (answer.data.share >= 1) {
            return "fa-check-circle text-success";
        }
        return answer.data.share > 0
            ? "fa-adjust text-warning"
            : "fa-times-circle text-danger";
    }
}

export const qualificationAnswers = {
    component: QualificationAnswers,
    supportedTypes: ["one2many"],
};

registry.category("fields").add("qualification_answers", qualificationAnswers);
