// SPDX-License-Identifier: Apache-2.0

/**
 * io_uring(7): two queues in memory that this process and the kernel share. Work is written into the one, results are
 * read from the other, and one system call a turn hands over and waits.
 *
 * <pre>
 *        tail: we write                       head: we read
 *             ▼                                    ▼
 *   ┌──┬──┬──┬──┬──┬──┐   io_uring_enter   ┌──┬──┬──┬──┬──┬──┐
 *   │  │▓▓│▓▓│  │  │  │ ─────────────────► │  │  │▒▒│▒▒│▒▒│  │
 *   └──┴──┴──┴──┴──┴──┘                    └──┴──┴──┴──┴──┴──┘
 *       ▲     submission queue                 completion queue  ▲
 *   head: the kernel takes                       tail: the kernel writes
 * </pre>
 *
 * <p>Knows: the layout of the queues, who may write which index and in which order, the operations that the loop uses,
 * rings of provided buffers, what this kernel can. Does not know: connections, budgets, protocols.
 *
 * <p>A ring belongs to one thread (IORING_SETUP_SINGLE_ISSUER) and completions come about only while that thread is in
 * {@link io.millrace.ring.Ring#submitAndWait} (IORING_SETUP_DEFER_TASKRUN), so nothing moves under the feet of who
 * reads them.
 *
 * <p>Read in this order: {@code SubmissionQueue}, {@code Sqe}, {@code CompletionQueue}, {@code BufferRing},
 * {@code Ring}, {@code LinuxRing}, {@code Probe}.
 */
@NullMarked
package io.millrace.ring;

import org.jspecify.annotations.NullMarked;
