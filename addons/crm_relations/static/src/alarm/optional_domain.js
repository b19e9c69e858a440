import {Component, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {DomainField, domainField} from "@web/views/fields/domain/domain_field";

/** A condition that may be missing: then it is "Never", not "all records". */
export class OptionalDomainField extends Component {
    static template = "crm_relations.OptionalDomainField";
    static components = {DomainField};
    static props = DomainField.props;
    static defaultProps = DomainField.defaultProps;

    setup() {
        this.state = useState({isOpen: false});
    }

    get isNever() {
        const value = this.props.record.data[this.props.name];
        return !this.state.isOpen && (!value || value === "[]");
    }
}

registry.category("fields").add("crm_optional_domain", {
    ...domainField,
    component: OptionalDomainField,
});
