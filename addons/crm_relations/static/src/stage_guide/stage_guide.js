import {Component, markup, onWillStart, useState} from "@odoo/owl";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {FileUploader} from "@web/views/fields/file_handler";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {showMissing} from "./show_missing";

/** What to say, what to do and by which rules, beside a lead or deal. */
export class StageGuide extends Component {
    static template = "crm_relations.StageGuide";
    static components = {FileUploader};
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({guide: false, words: ""});
        this.loaded = false;
        onWillStart(() => this.load(this.props.record));
        useRecordObserver((record) => {
            if (this.loaded && this.loaded !== this.placeOf(record)) {
                return this.load(record);
            }
        });
    }

    placeOf(record) {
        return `${record.resId},${record.data.stage_id?.id}`;
    }

    async load(record) {
        this.loaded = this.placeOf(record);
        this.show(
            record.resId &&
                (await this.orm.call("crm.lead", "load_stage_guide", [[record.resId]])),
        );
    }

    show(guide) {
        for (const row of (guide && guide.instructions) || []) {
            row.body = markup(row.body); // sanitized by the server
        }
        this.state.guide = guide;
        this.state.words = "";
    }

    async reply(step, answerId) {
        const words = this.state.words || step.words;
        await this.change("reply_to_script", [step.id, answerId, words]);
    }

    /** Who closed the check, when and with which document. */
    doneText(check) {
        const at = check.done_at
            ? deserializeDateTime(check.done_at).toLocaleString({
                  day: "numeric",
                  month: "short",
                  hour: "numeric",
                  minute: "numeric",
              })
            : "";
        return [check.document, check.done_by, at].filter(Boolean).join(", ");
    }

    async attach(check, {name, data}) {
        await this.change("attach_to_check", [check.id, name, data]);
        await this.props.record.load(); // the chatter shows it too
    }

    async useDocument(check, document) {
        await this.change("use_for_check", [check.id, document.id]);
    }

    async toggle(check) {
        if (!check.is_done && check.requirement !== "tick") {
            return showMissing(check);
        }
        await this.change("toggle_stage_check", [check.id]);
    }

    async change(method, args) {
        const {record} = this.props;
        if (await record.save()) {
            this.show(
                await this.orm.call("crm.lead", method, [[record.resId], ...args]),
            );
        }
    }
}

registry.category("view_widgets").add("crm_stage_guide", {component: StageGuide});
