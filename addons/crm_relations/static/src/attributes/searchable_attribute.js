import {PropertyDefinition} from "@web/views/fields/properties/property_definition";
import {patch} from "@web/core/utils/patch";

// Models whose attributes may be marked searchable; see crm.attribute.index.
const INDEXED_MODELS = ["res.partner", "crm.customer.asset"];

patch(PropertyDefinition.prototype, {
    get canBeSearchable() {
        return (
            INDEXED_MODELS.includes(this.props.record.resModel) &&
            !["separator", "html"].includes(this.state.propertyDefinition.type)
        );
    },

    onSearchableChange(searchable) {
        const propertyDefinition = {...this.state.propertyDefinition, searchable};
        this.props.onChange(propertyDefinition);
        this.state.propertyDefinition = propertyDefinition;
    },
});
