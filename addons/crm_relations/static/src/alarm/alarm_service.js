import {reactive} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {debounce} from "@web/core/utils/timing";

const BUS_TYPE = "crm_relations.alarm/changed";
export const ALARMS_CHANGED = "CRM-ALARMS-CHANGED";
const CALM = 500; // ms: several alarms told together are one question

/** Who waits for me; the bell and the strips share it. */
export const alarmService = {
    dependencies: ["action", "bus_service", "notification", "orm"],
    start(env, {action, bus_service, notification, orm}) {
        const bell = reactive({status: "new", count: 0, more: false, rows: []});
        let request = 0;

        async function load() {
            const current = ++request;
            try {
                const found = await orm.silent.call("crm.alarm", "load_bell", []);
                if (current === request) {
                    Object.assign(bell, found, {status: "ready"});
                }
            } catch (error) {
                if (current === request) {
                    bell.status = "error";
                }
                throw error;
            }
        }

        function changed() {
            env.bus.trigger(ALARMS_CHANGED);
            return load();
        }

        async function acknowledge(ids) {
            const silenced = await orm.call("crm.alarm", "action_acknowledge", [ids]);
            if (silenced.length < ids.length) {
                notification.add(
                    _t(
                        "Noted. It is at a level above yours: those people go on being told.",
                    ),
                    {type: "warning"},
                );
            }
            return changed();
        }

        async function open(id) {
            action.doAction(await orm.call("crm.alarm", "action_open_record", [[id]]));
        }

        async function snooze(id) {
            const dialog = await orm.call("crm.alarm", "action_open_snooze", [[id]]);
            return action.doAction(dialog, {onClose: changed});
        }

        async function resolve(id) {
            await orm.call("crm.alarm", "action_resolve", [[id]]);
            return changed();
        }

        bus_service.subscribe(BUS_TYPE, debounce(changed, CALM));
        return {bell, load, acknowledge, open, snooze, resolve};
    },
};

registry.category("services").add("crm_alarm", alarmService);
