/* Visits and products for the CRM. No cookie before crmTouch.consent(true). */
(() => {
    const d = document,
        s = d.currentScript,
        url = new URL("touch", s.src),
        name = "crm_v",
        queue = [];
    let timer, visit;
    const id = () =>
        Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) =>
            b.toString(16).padStart(2, "0"),
        ).join("");
    const visitor = () => (d.cookie.match(/(?:^|; )crm_v=([0-9a-f]{32})/) || [])[1];
    const cookie = (v, age) =>
        (d.cookie = `${name}=${v};max-age=${age};path=/;SameSite=Lax`);
    const send = () => {
        clearTimeout(timer);
        if (queue.length && !navigator.webdriver) {
            navigator.sendBeacon(
                url,
                JSON.stringify({
                    key: s.dataset.key,
                    v: visitor(),
                    t: queue.splice(0, 20),
                }),
            );
        }
    };
    const add = (k, p) => {
        const touch = {k, id: id(), u: location.href, r: d.referrer, p};
        queue.push(touch);
        clearTimeout(timer);
        timer = setTimeout(send, 1000);
        return touch;
    };
    const show = () => {
        const v = visitor(),
            code = v && String(parseInt(v.slice(0, 12), 16) % 1e6).padStart(6, "0");
        d.querySelectorAll("[data-crm-code]").forEach(
            (e) => (e.textContent = code || ""),
        );
    };
    window.crmTouch = {
        consent(yes) {
            if (!yes) {
                cookie("", 0);
            } else if (!visitor()) {
                cookie(id(), 31536000);
                if (visit && !queue.includes(visit)) {
                    queue.push(visit);
                }
                send();
            }
            show();
        },
        view: (product) => add("view", product),
        save: (product) => add("save", product),
    };
    d.addEventListener(
        "submit",
        (e) => {
            const f = e.target,
                v = visitor();
            if (!v || !/\/crm\/contact$/.test(f.action) || f.elements.crm_visitor) {
                return;
            }
            const i = d.createElement("input");
            Object.assign(i, {type: "hidden", name: "crm_visitor", value: v});
            f.append(i);
            send();
        },
        true,
    );
    window.addEventListener("pagehide", send);
    if (window.performance.getEntriesByType("navigation")[0]?.type === "navigate") {
        visit = add("visit");
    }
    show();
})();
