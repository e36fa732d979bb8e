// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.FileInfo;
import io.millrace.fileserver.ListingOrder.Key;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryTableTest {
    private static final String LETTERS = "aAbBzZ0019._- éÉßσς日😀";

    private static FileInfo entry(Random random) {
        int[] letters = LETTERS.codePoints().toArray();
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            name.appendCodePoint(letters[random.nextInt(letters.length)]);
        }
        FileInfo.Kind kind = random.nextInt(4) == 0 ? FileInfo.Kind.FOLDER : FileInfo.Kind.FILE;
        Instant time = Instant.ofEpochSecond(random.nextInt(3) - 1, random.nextInt(2));
        return new FileInfo(name.toString(), kind, random.nextInt(5), time, null, 0, 0);
    }

    private static Comparator<FileInfo> comparator(ListingOrder order) {
        Comparator<FileInfo> byName = (a, b) -> ListingOrder.compareNames(a.name(), b.name());
        Comparator<FileInfo> byKey = switch (order.key()) {
            case NAME -> byName;
            case SIZE -> Comparator.comparingLong(FileInfo::size);
            case TIME -> Comparator.comparing(FileInfo::modified);
        };
        Comparator<FileInfo> foldersFirst = Comparator.comparing(info -> !info.isFolder());
        return foldersFirst
                .thenComparing(order.descending() ? byKey.reversed() : byKey)
                .thenComparing(byName);
    }

    /** As objects would be sorted, whatever the order and the number, over many pages. */
    @Test
    void entriesComeOutInOrder() {
        Random random = new Random(20260131);
        for (int count : new int[] {0, 1, 2, 3, 100, 127, 128, 129, 20_000}) {
            List<FileInfo> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                entries.add(entry(random));
            }
            for (Key key : Key.values()) {
                check(entries, new ListingOrder(key, false));
                check(entries, new ListingOrder(key, true));
            }
        }
    }

    private static void check(List<FileInfo> entries, ListingOrder order) {
        try (EntryTable table = new EntryTable(ListingMemory.FREE)) {
            entries.forEach(entry -> assertTrue(table.add(entry)));
            table.sort(order);
            List<FileInfo> sorted = new ArrayList<>();
            for (int i = 0; i < table.count(); i++) {
                sorted.add(table.entry(i));
            }
            assertEquals(entries.stream().sorted(comparator(order)).toList(), sorted);
            assertEquals(entries.stream().filter(FileInfo::isFolder).count(), table.folders());
            assertEquals(
                    entries.stream()
                            .filter(FileInfo::isFile)
                            .mapToLong(FileInfo::size)
                            .sum(),
                    table.bytes());
        }
    }

    @Test
    void anOrderOfNamesContradictsItselfNowhere() {
        Random random = new Random(7);
        for (int i = 0; i < 50_000; i++) {
            String a = entry(random).name();
            String b = entry(random).name();
            String c = entry(random).name();
            int ab = Integer.signum(ListingOrder.compareNames(a, b));
            assertEquals(-ab, Integer.signum(ListingOrder.compareNames(b, a)), a + " and " + b);
            assertEquals(a.equals(b), ab == 0, a + " and " + b);
            if (ab <= 0 && ListingOrder.compareNames(b, c) <= 0) {
                assertTrue(ListingOrder.compareNames(a, c) <= 0, a + ", " + b + ", " + c);
            }
        }
    }

    @Test
    void memoryIsTakenAndGivenBack() {
        ListingMemory memory = new ListingMemory(100_000);
        try (EntryTable table = new EntryTable(memory);
                EntryTable other = new EntryTable(memory)) {
            FileInfo entry = FileInfo.ofSize("x".repeat(100), 1);
            while (table.add(entry)) {
                assertTrue(memory.used() <= memory.mostForOne());
            }
            assertTrue(table.count() > 200, table.count() + " entries");
            assertEquals(entry.name(), table.entry(table.count() - 1).name());
            assertTrue(other.add(entry), "there is as much for another");
            table.clear();
            assertEquals(0, table.count());
            assertTrue(table.add(entry), "and again for this one");
        }
        assertEquals(0, memory.used());
        assertFalse(new EntryTable(new ListingMemory(1000)).add(FileInfo.ofSize("x", 1)));
    }

    /** What the account says is what a listing takes: no more than a tenth of 31 bytes and a name is lost. */
    @Test
    void entriesArePacked() {
        ListingMemory memory = new ListingMemory(1L << 30);
        try (EntryTable table = new EntryTable(memory)) {
            for (int i = 0; i < 1 << 17; i++) {
                table.add(FileInfo.ofSize("%020d".formatted(i), i));
            }
            assertTrue(memory.used() < (31 + 20) * 1.1 * (1 << 17), memory.used() + " bytes");
        }
    }
}
