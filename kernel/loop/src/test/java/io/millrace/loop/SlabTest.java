// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SlabTest {
    private final Slab slab = new Slab();

    private static final class Nothing extends Source {
        @Override
        protected void ready(int events) {}

        @Override
        protected void resume() {}

        @Override
        protected void expire() {}

        @Override
        protected boolean awaited() {
            return true;
        }

        @Override
        protected void closeNow() {}
    }

    private Nothing add() {
        Nothing source = new Nothing();
        slab.add(source);
        return source;
    }

    @Test
    void findsWhatWasAddedUntilItIsRemoved() {
        Nothing one = add();
        Nothing two = add();
        assertSame(one, slab.get(one.token));
        assertSame(two, slab.get(two.token));
        assertEquals(2, slab.size());
        slab.remove(one);
        assertNull(slab.get(one.token));
        assertSame(two, slab.get(two.token));
        assertEquals(1, slab.size());
    }

    @Test
    void theTokenOfAFormerOwnerFindsNobody() {
        Nothing old = add();
        slab.remove(old);
        Nothing fresh = add();
        assertEquals((int) old.token, (int) fresh.token, "the slot is used again");
        assertNotEquals(old.token, fresh.token);
        assertNull(slab.get(old.token));
        assertSame(fresh, slab.get(fresh.token));
    }

    @Test
    void nonsenseFindsNobody() {
        add();
        for (long token : new long[] {-1, 1, 12345, Long.MIN_VALUE, Long.MAX_VALUE, 0xffff_ffffL}) {
            assertNull(slab.get(token));
        }
    }

    @Test
    void manyComeAndGo() {
        Random random = new Random(7);
        List<Nothing> present = new ArrayList<>();
        Set<Long> dead = new HashSet<>();
        for (int i = 0; i < 50_000; i++) {
            if (present.isEmpty() || random.nextInt(100) < 52) {
                Nothing source = add();
                assertTrue(source.token >= 0);
                assertTrue(!dead.contains(source.token), "tokens are never used twice");
                present.add(source);
            } else {
                Nothing gone = present.remove(random.nextInt(present.size()));
                slab.remove(gone);
                dead.add(gone.token);
            }
        }
        assertEquals(present.size(), slab.size());
        assertEquals(Set.copyOf(present), Set.of(slab.toArray()));
        present.forEach(source -> assertSame(source, slab.get(source.token)));
        dead.forEach(token -> assertNull(slab.get(token)));
    }
}
