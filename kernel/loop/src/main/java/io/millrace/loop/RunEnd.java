// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** Why {@link EventLoop#run(RunMode)} has returned. */
public enum RunEnd {
    /** {@link EventLoop#stop()}. */
    STOPPED,

    /** {@link EventLoop#exit()} or {@link EventLoop#exitAfter}. */
    EXITED,

    /** {@link EventLoop#breakLoop()}. */
    BROKEN,

    /** Nothing is left. */
    EMPTY,

    /** The mode asked for no more: {@link RunMode#ONCE}, {@link RunMode#NOW}. */
    DONE
}
