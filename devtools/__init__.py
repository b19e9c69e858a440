"""What ``make`` calls: sets up a real Odoo host, databases and browser, and runs it."""
