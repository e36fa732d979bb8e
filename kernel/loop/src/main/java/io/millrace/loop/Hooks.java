// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.ArrayList;
import java.util.List;

/** What users want done before and after each wait, in the order in which they asked. */
final class Hooks {
    private final List<Hook> before = new ArrayList<>();
    private final List<Hook> after = new ArrayList<>();

    Hook before(Hook hook) {
        before.add(hook);
        return hook;
    }

    Hook after(Hook hook) {
        after.add(hook);
        return hook;
    }

    boolean beforeWait() {
        return !before.isEmpty();
    }

    void before(long timeout) {
        call(before, timeout);
    }

    void after() {
        if (!after.isEmpty()) {
            call(after, 0);
        }
    }

    /** One that is closed meanwhile is silent, one that is added meanwhile is called as well. */
    private static void call(List<Hook> hooks, long timeout) {
        boolean closed = false;
        for (int i = 0; i < hooks.size(); i++) {
            hooks.get(i).call(timeout);
            closed |= hooks.get(i).isClosed();
        }
        // Those that were closed by others are found next time: they are silent until then.
        if (closed) {
            hooks.removeIf(Hook::isClosed);
        }
    }
}
