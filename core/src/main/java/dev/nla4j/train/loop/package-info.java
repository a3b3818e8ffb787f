/// The loop that every training goes through: update, measure, save, go on. What is learned is a `TrainingStep`, what
/// comes of it a `Product`.
@NullMarked
package dev.nla4j.train.loop;

import org.jspecify.annotations.NullMarked;
