// SPDX-License-Identifier: Apache-2.0

/**
 * Server-sent events (text/event-stream, the HTML standard's section 9.2) over any wire format.
 *
 * <pre>
 *   EventStream.open(request, response) ─► ResponseStream ─► Exchange ─► wire
 *   EventGroup ─► ServerSentEvent: encoded once ─► each member, one task a loop
 * </pre>
 */
@NullMarked
package io.millrace.sse;

import org.jspecify.annotations.NullMarked;
