# What a person types. Everything is done by the Python package devtools/.
#   ODOO_HOME=/path/to/odoo   use an Odoo 19 that is already here
#   PGHOST= PGPORT= PGUSER= PGPASSWORD=   use a PostgreSQL (15 or newer) that is already here
#   CRM_CACHE=/path           where everything that is set up lives
PORT ?= 8069
DB ?= crm
PYTHON ?= python3
DEVTOOLS = $(PYTHON) -m devtools
export PYTHONDONTWRITEBYTECODE = 1
.DEFAULT_GOAL := help
.PHONY: help run test test-real test-host test-kill bench load-retail screenshots lint format shell i18n stop

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 14

run:  ## set up the host, then serve the demo company (PORT=8069, DB=crm, FRESH=1 builds it anew)
	@$(DEVTOOLS) run --port "$(PORT)" --database "$(DB)" $(if $(FRESH),--fresh)

test:  ## every test in a fresh database (TESTS=path or path::name, PYTEST="-x -v")
	@$(DEVTOOLS) test $(TESTS)

test-real:  ## tests on real messages and phone numbers (CRM_SHARED=folder with the data)
	@$(DEVTOOLS) test -m real -o "-rs $(PYTEST)" $(TESTS)

test-host:  ## the host's own tests, first without our modules, then with them
	@$(DEVTOOLS) test-host $(MODULES)

test-kill:  ## processes killed in the middle of their work: nothing lost, nothing twice
	@$(DEVTOOLS) test -m kill -o "-rs $(PYTEST)" $(TESTS)

bench:  ## measurements, with the figures printed (BENCH="resolve search …" does a part)
	@$(DEVTOOLS) bench $(BENCH)

load-retail:  ## Online Retail as posted invoices into DB= (MONTH=2011-02, ORDERS=none)
	@$(DEVTOOLS) load-retail "$(DB)" $(if $(MONTH),--month $(MONTH)) $(if $(ORDERS),--orders $(ORDERS))

lint:  ## ruff, pylint-odoo, prettier with XML, eslint (FILES=… checks only these)
	@$(DEVTOOLS) lint $(FILES)

format:  ## let ruff, prettier and eslint rewrite what they can
	@$(DEVTOOLS) format $(FILES)

screenshots:  ## pictures of a running `make run` in three languages into docs/img (PORT=, DB=)
	@$(DEVTOOLS) screenshots "http://localhost:$(PORT)" "$(DB)"

shell:  ## Odoo's Python shell (DB=crm)
	@$(DEVTOOLS) shell "$(DB)"

i18n:  ## re-export the .pot, update uk.po and ru.po, report what is not translated
	@$(DEVTOOLS) i18n $(MODULES)

stop:  ## stop the embedded PostgreSQL
	@$(DEVTOOLS) stop
