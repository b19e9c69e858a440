import {graphView} from "@web/views/graph/graph_view";
import {pivotView} from "@web/views/pivot/pivot_view";
import {registry} from "@web/core/registry";

// the host's views with a line of text: models share out, they do not prove
registry.category("views").add("crm_attribution_pivot", {
    ...pivotView,
    buttonTemplate: "crm_marketing.AttributionPivotButtons",
});
registry.category("views").add("crm_attribution_graph", {
    ...graphView,
    buttonTemplate: "crm_marketing.AttributionGraphButtons",
});
