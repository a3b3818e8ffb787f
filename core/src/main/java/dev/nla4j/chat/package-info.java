/// Messages to text: conversations, and the templates that models bring to write them down.
@NullMarked
package dev.nla4j.chat;

import org.jspecify.annotations.NullMarked;
