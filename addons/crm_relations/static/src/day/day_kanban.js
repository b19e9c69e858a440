import {registry} from "@web/core/registry";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";

/** The day's columns as the server orders them: what is nobody's comes last, not first. */
export class DayKanbanRenderer extends KanbanRenderer {
    getGroupsOrRecords() {
        const columns = super.getGroupsOrRecords();
        return columns.sort(
            (one, other) => Boolean(other.group?.value) - Boolean(one.group?.value),
        );
    }
}

registry
    .category("views")
    .add("crm_day_kanban", {...kanbanView, Renderer: DayKanbanRenderer});
