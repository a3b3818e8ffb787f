package dev.nla4j.teacher;

import java.util.List;
import java.util.OptionalDouble;

/// The claims of one explanation, in their order.
public record CheckedClaims(List<Claim> claims) {
    public CheckedClaims {
        claims = List.copyOf(claims);
    }

    /// How many claims can be judged, repetitions left out.
    public long checkable() {
        return claims.stream().filter(Claim::isCounted).count();
    }

    /// How many of them hold.
    public long supported() {
        return claims.stream()
                .filter(Claim::isCounted)
                .filter(claim -> claim.verdict() == Verdict.SUPPORTED)
                .count();
    }

    /// The share of the checkable claims that hold; empty when there are none.
    public OptionalDouble truth() {
        long checkable = checkable();
        return checkable == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) supported() / checkable);
    }
}
