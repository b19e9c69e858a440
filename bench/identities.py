"""One million customers with two million points, deals, orders and products, by sets."""

from . import inside

DATABASE = "bench_identities"
PARTNERS, LEADS, ORDERS, PRODUCTS = 1_000_000, 200_000, 500_000, 20_000

FIRST = "Олена Іван Оксана Петро Наталія Андрій Ірина Сергій Тетяна Микола Юлія Олег Марія Тарас"
LAST = (
    "Шевченко Бондаренко Ткаченко Коваленко Кравченко Олійник Шевчук Поліщук Лисенко Бойко "
    "Мельник Романенко Савченко Гончаренко Зінченко Мороз Литвин Павленко Клименко Руденко"
)
FIRM = "Ромашка Агротех Будсервіс Автосвіт Енерго Метал Логістик Фарма Текстиль Оптима Вектор"

FILL = [
    # a third are companies, a third their people, a third live for themselves
    """
    INSERT INTO res_partner
           (id, name, complete_name, is_company, parent_id, commercial_partner_id, phone, email,
            phone_sanitized, email_normalized, city, active, partner_share, type, lang,
            user_id, company_id, autopost_bills, create_date, write_date)
    SELECT base + i, name, CASE WHEN i %% 3 = 1 THEN firm || ', ' ELSE '' END || name, i %% 3 = 0,
           CASE WHEN i %% 3 = 1 THEN base + i - 1 END,
           CASE WHEN i %% 3 = 1 THEN base + i - 1 ELSE base + i END,
           '0' || national, 'user' || i || '@firm' || i / 3 || '.example',
           '+380' || national, 'user' || i || '@firm' || i / 3 || '.example',
           'Київ', TRUE, TRUE, 'contact', 'uk_UA',
           CASE WHEN i %% 5 = 0 THEN %(user)s END, NULL, 'ask', now(), now()
      FROM (
        SELECT i, (SELECT max(id) FROM res_partner) + 1 AS base, firm, national,
               CASE WHEN i %% 3 = 0 THEN firm
                    ELSE (%(last)s)[1 + (hashint4(i) >> 4 & 65535) %% 20] || ' '
                         || (%(first)s)[1 + (hashint4(i + 7) >> 4 & 65535) %% 14] END AS name
          FROM (
            SELECT i, 'ТОВ ' || (%(firm)s)[1 + (i / 3) %% 11] || ' ' || (i / 3) AS firm,
                   lpad((670000000 + (i::bigint * 7919) %% 9999999)::text, 9, '0') AS national
              FROM generate_series(0, %(partners)s - 1) i) numbered) named
  ORDER BY i
    """,
    "SELECT setval('res_partner_id_seq', (SELECT max(id) FROM res_partner))",
    """
    INSERT INTO crm_contact_point
           (partner_id, kind, value, normalized, card_value, is_primary, origin, state,
            create_date, write_date)
    SELECT p.id, kind, value, normalized, value, TRUE, 'partner', 'ok', now(), now()
      FROM res_partner p,
           LATERAL (VALUES ('phone', p.phone, p.phone_sanitized),
                           ('email', p.email, p.email_normalized)) v(kind, value, normalized)
     WHERE p.autopost_bills = 'ask' AND p.email LIKE '%%.example' AND p.phone LIKE '067%%'
    """,
    """
    INSERT INTO crm_lead
           (name, type, active, partner_id, partner_name, contact_name, phone_sanitized,
            email_normalized, email_from, user_id, team_id, company_id, stage_id, won_status,
            probability, automated_probability, priority, create_date, write_date)
    SELECT 'Запит ' || i, CASE WHEN i %% 2 = 0 THEN 'lead' ELSE 'opportunity' END, TRUE,
           p.id, p.name, p.name, p.phone_sanitized, p.email_normalized, p.email,
           CASE WHEN i %% 5 = 0 THEN %(user)s END, NULL, %(company)s,
           (SELECT min(id) FROM crm_stage), 'pending', 10, 10, '0', now(), now()
      FROM generate_series(1, %(leads)s) i
      JOIN res_partner p ON p.id = (SELECT max(id) FROM res_partner) - i * 4
    """,
    """
    INSERT INTO product_template
           (name, type, categ_id, uom_id, list_price, sale_ok, purchase_ok, active,
            service_tracking, tracking, create_date, write_date)
    SELECT jsonb_build_object('en_US', 'Шина ' || i, 'uk_UA', 'Шина ' || i), 'consu',
           (SELECT min(id) FROM product_category), (SELECT min(id) FROM uom_uom), 100, TRUE,
           TRUE, TRUE, 'no', 'none', now(), now()
      FROM generate_series(1, %(products)s) i
    """,
    """
    INSERT INTO product_product
           (product_tmpl_id, default_code, active, combination_indices, create_date, write_date)
    SELECT id, 'TY-' || id, TRUE, '', now(), now()
      FROM product_template t WHERE NOT EXISTS (
           SELECT FROM product_product p WHERE p.product_tmpl_id = t.id)
    """,
    """
    INSERT INTO sale_order
           (name, client_order_ref, company_id, currency_id, partner_id, partner_invoice_id,
            partner_shipping_id, user_id, state, date_order, amount_total, %(required)s,
            create_date, write_date)
    SELECT 'S' || lpad(i::text, 7, '0'), 'PO-' || i, %(company)s, %(currency)s, p.id, p.id, p.id,
           CASE WHEN i %% 5 = 0 THEN %(user)s END, 'sale', now(), 100, %(defaults)s, now(), now()
      FROM generate_series(1, %(orders)s) i
      JOIN res_partner p ON p.id = (SELECT max(id) FROM res_partner) - i
    """,
    """
    INSERT INTO sale_order_line
           (order_id, order_partner_id, salesman_id, company_id, currency_id, product_id, name,
            product_uom_qty, price_unit, customer_lead, state, sequence, create_date, write_date)
    SELECT o.id, o.partner_id, o.user_id, o.company_id, o.currency_id,
           (SELECT min(id) FROM product_product) + o.id %% %(products)s, 'x', 1, 100, 0, 'sale',
           10, now(), now()
      FROM sale_order o
    """,
]


def fill(env):
    """Write the data set and let PostgreSQL count it."""
    required = {
        name: value for name, value in {"picking_policy": "direct"}.items()
        if name in env["sale.order"]._fields
    }  # fmt: skip
    values = {
        "partners": PARTNERS, "leads": LEADS, "orders": ORDERS, "products": PRODUCTS,
        "first": FIRST.split(), "last": LAST.split(), "firm": FIRM.split(),
        "user": _make_salesperson(env).id, "company": env.company.id,
        "currency": env.company.currency_id.id,
    }  # fmt: skip
    env.company.country_id = env.ref("base.ua")
    env.flush_all()
    for statement in FILL:
        text = statement.replace(
            "%(required)s,", "".join(f"{name}," for name in required)
        )
        text = text.replace(
            "%(defaults)s,", "".join(f"'{value}'," for value in required.values())
        )
        env.cr.execute(text, values)
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("VACUUM ANALYZE")
    env.cr._cnx.autocommit = False


def _make_salesperson(env):
    return env["res.users"].create(
        {
            "name": "Олена Продавець",
            "login": "bench_sales",
            "group_ids": [
                (
                    6,
                    0,
                    [
                        env.ref("sales_team.group_sale_salesman").id,
                        env.ref("base.group_user").id,
                    ],
                )
            ],
        }
    )


def ensure():
    """The database, made when absent; its name."""
    inside.ensure(DATABASE, fill)
    return DATABASE


if __name__ == "__main__":
    ensure()
