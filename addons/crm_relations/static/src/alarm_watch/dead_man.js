import {registry} from "@web/core/registry";
import {session} from "@web/session";

/** Administrators hear at login when nobody watches over the alarms any more. */
registry.category("services").add("crm_alarm_dead_man", {
    dependencies: ["notification"],
    start(env, {notification}) {
        if (session.crm_alarm_warning) {
            notification.add(session.crm_alarm_warning, {type: "danger", sticky: true});
        }
    },
});
