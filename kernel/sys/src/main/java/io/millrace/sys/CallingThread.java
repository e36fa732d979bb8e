// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

/**
 * A thread that makes many system calls, such as a loop's. It carries the native memory that a call needs; other
 * threads find theirs through a {@link ThreadLocal}, half a dozen cache lines away.
 */
public final class CallingThread extends Thread {
    final Native.Scratch scratch = new Native.Scratch();

    /** Makes a platform thread of that name, not started. */
    public CallingThread(Runnable task, String name) {
        super(task, name);
    }
}
