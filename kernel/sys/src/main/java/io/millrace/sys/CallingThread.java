// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

/**
 * A thread that makes system calls all day, such as a loop's. Others find the native memory that a call needs through a
 * {@link ThreadLocal}, half a dozen cache lines away; this one carries it.
 */
public final class CallingThread extends Thread {
    final Native.Scratch scratch = new Native.Scratch();

    /** A platform thread of that name, not started. */
    public CallingThread(Runnable task, String name) {
        super(task, name);
    }
}
