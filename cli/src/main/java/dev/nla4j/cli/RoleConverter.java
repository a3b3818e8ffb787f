package dev.nla4j.cli;

import dev.nla4j.nla.Role;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A half by its label, upper or lower case.
final class RoleConverter implements ITypeConverter<Role> {
    @Override
    public Role convert(String name) {
        for (Role role : Role.values()) {
            if (role.label().equalsIgnoreCase(name)) {
                return role;
            }
        }
        throw new TypeConversionException("must be av or ar, was \"" + name + "\"");
    }
}
