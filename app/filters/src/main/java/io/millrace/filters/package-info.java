// SPDX-License-Identifier: Apache-2.0

/**
 * Filters that most applications need, ready to be added to a server or to a group of its routes.
 *
 * <p>Knows: authentication (RFC 7617, RFC 6750), requests of other sites, entity tags, rates, identifiers, the fields
 * that protect visitors, sessions in signed cookies. Does not know: servers, sockets, how users are stored.
 *
 * <p>Each filter is a class of its own and never changes; begin with the one that is needed.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.filters;
