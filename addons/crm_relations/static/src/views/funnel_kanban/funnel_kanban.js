import {useState, useSubEnv} from "@odoo/owl";
import {crmKanbanView} from "@crm/views/crm_kanban/crm_kanban_view";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

const HostRenderer = crmKanbanView.Renderer;

/** Head of a column: how many of those that left the stage went on, and how fast. */
export class FunnelKanbanHeader extends HostRenderer.components.KanbanHeader {
    static template = "crm_relations.FunnelKanbanHeader";

    /** Whether this column is a stage of a funnel whose figures are there. */
    get hasFigures() {
        const {group} = this.props;
        const isStage = group.groupByField.name === "stage_id" && group.serverValue;
        return Boolean(isStage && this.env.funnelFigures?.byStage);
    }

    /** What left the stage, false while nothing has: then there is no share to show. */
    get figures() {
        const figures = this.env.funnelFigures.byStage[this.props.group.serverValue];
        return figures?.left ? figures : false;
    }

    get hoursText() {
        return _t("%(hours)s h", {hours: this.figures.hours});
    }

    get conversionTitle() {
        if (!this.figures) {
            return _t("Nothing has left this stage in the last 90 days.");
        }
        const {entered, left, share, hours} = this.figures;
        return _t(
            "Last 90 days: %(entered)s came in, %(left)s left, %(share)s % of them went on. Median %(hours)s working hours.",
            {entered, left, share, hours},
        );
    }
}

export class FunnelKanbanRenderer extends HostRenderer {
    static components = {...HostRenderer.components, KanbanHeader: FunnelKanbanHeader};

    setup() {
        super.setup();
        this.funnelFigures = useState({byStage: null});
        useSubEnv({funnelFigures: this.funnelFigures});
        const funnelId = this.props.list.context.default_funnel_id;
        if (funnelId) {
            // not awaited: the board need not wait for its statistics
            useService("orm")
                .call("crm.funnel", "get_column_figures", [funnelId])
                .then((byStage) => (this.funnelFigures.byStage = byStage));
        }
    }
}

registry
    .category("views")
    .add("crm_funnel_kanban", {...crmKanbanView, Renderer: FunnelKanbanRenderer});
