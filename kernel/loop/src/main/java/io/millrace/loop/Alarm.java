// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** Something that happens when its time has come. Lies in {@link Alarms} at most once. */
abstract class Alarm {
    /** When, in the loop's nanoseconds. To be set by {@link Alarms} only while the alarm lies there. */
    long due;

    /** Where in the heap, or -1. */
    int index = -1;

    /** The time has come. The alarm has been taken out and may be set again. */
    abstract void ring();
}
