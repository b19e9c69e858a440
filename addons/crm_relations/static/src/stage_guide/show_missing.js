const PLACES = {
    document: [".o-mail-Chatter-attachFiles", "button[aria-label='Attach files']"],
    activity: [".o-mail-Chatter-activity"],
    tick: [],
};

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

function find(selectors) {
    for (const selector of selectors) {
        const element = document.querySelector(`.o_form_view ${selector}`);
        if (element) {
            return element;
        }
    }
    return null;
}

/** Put the cursor on what a check misses, on whichever page of the form it is. */
export async function showMissing(item) {
    const selectors = {
        ...PLACES,
        tick: [`[data-check-id='${item.id}']`],
        document: [
            `.o_crm_check_attach[data-check-id='${item.id}'] button`,
            ...PLACES.document,
        ],
        field: [
            `.o_field_widget[name='${item.field}'] input`,
            `.o_field_widget[name='${item.field}'] textarea`,
            `.o_field_widget[name='${item.field}'] [contenteditable]`,
            `.o_field_widget[name='${item.field}']`,
        ],
    }[item.requirement];
    await nextFrame();
    let element = find(selectors);
    for (const tab of document.querySelectorAll(".o_form_view .o_notebook .nav-link")) {
        if (element) {
            break;
        }
        tab.click();
        await nextFrame();
        await nextFrame();
        element = find(selectors);
    }
    element?.scrollIntoView({block: "center"});
    element?.focus();
}
