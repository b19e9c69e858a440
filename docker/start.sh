#!/usr/bin/env bash
# First start: make the database with our modules and demo data; then serve it.
set -euo pipefail
modules=$(cd /mnt/extra-addons && ls -d ./*/ | tr -d './' | paste -sd,)
connection=(--db_host "$HOST" --db_port 5432 --db_user "$USER" --db_password "$PASSWORD")
marker=/var/lib/odoo/crm-modules
if [ ! -f "$marker" ]; then
    echo "Setting up the database crm with $modules (some minutes, once)"
    odoo "${connection[@]}" -d crm -i "$modules" --with-demo \
        --load-language=en_US,uk_UA,ru_RU --stop-after-init
    echo "$modules" > "$marker"
elif [ "$(cat "$marker")" != "$modules" ] || [ "${UPDATE:-}" = 1 ]; then
    echo "Updating $modules"
    odoo "${connection[@]}" -d crm -i "$modules" -u "$modules" --stop-after-init
    echo "$modules" > "$marker"
fi
exec odoo "${connection[@]}" -d crm --db-filter '^crm$'
