import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";

/** What is still to do before a deal goes on; everything typed is saved already. */
export class StageHoldDialog extends Component {
    static template = "crm_relations.StageHoldDialog";
    static components = {Dialog};
    static props = {
        close: Function,
        leadName: String,
        stageName: String,
        todo: Array,
        mayOverride: Boolean,
        onShow: Function,
        onOverride: Function,
    };

    setup() {
        this.state = useState({reason: ""});
    }

    show(item) {
        this.props.close();
        this.props.onShow(item);
    }

    async override() {
        await this.props.onOverride(this.state.reason);
        this.props.close();
    }
}
