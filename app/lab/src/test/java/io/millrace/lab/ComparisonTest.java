// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.lab.Comparison.Verdict;
import org.junit.jupiter.api.Test;

/** What is a change and what is noise. */
final class ComparisonTest {
    private static Verdict verdict(Metric metric, double[] before, double... after) {
        return Comparison.verdict(metric, Runs.samples(metric, before), Runs.samples(metric, after));
    }

    @Test
    void roundsThatOverlapAreNoise() {
        assertEquals(Verdict.NOISE, verdict(Metric.PER_CPU_SECOND, new double[] {100, 110, 120}, 118, 125, 130));
    }

    @Test
    void apartIsAChange() {
        assertEquals(Verdict.BETTER, verdict(Metric.PER_CPU_SECOND, new double[] {100, 101, 102}, 120, 121, 122));
        assertEquals(Verdict.WORSE, verdict(Metric.CPU_MICROS, new double[] {100, 101, 102}, 120, 121, 122));
        assertEquals(Verdict.BETTER, verdict(Metric.CPU_MICROS, new double[] {100, 101, 102}, 90, 91, 92));
    }

    @Test
    void apartByLessThanTheRoundsThemselvesIsNoise() {
        assertEquals(Verdict.NOISE, verdict(Metric.PER_SECOND, new double[] {100, 150, 160}, 161, 162, 200));
    }

    @Test
    void twoRoundsTellNothing() {
        assertEquals(Verdict.TOO_FEW, verdict(Metric.PER_SECOND, new double[] {100, 101}, 200, 201, 202));
    }

    @Test
    void theTextCountsAndNames() {
        LabResults.Part before = Runs.part("");
        Runs.add(before, 0, "poll", Metric.PER_CPU_SECOND, 100, 101, 102);
        Runs.add(before, 0, "select", Metric.PER_CPU_SECOND, 100, 101, 102);
        LabResults.Part after = Runs.part("");
        Runs.add(after, 0, "poll", Metric.PER_CPU_SECOND, 100, 101, 102);
        Runs.add(after, 0, "select", Metric.PER_CPU_SECOND, 50, 51, 52);
        String text = Comparison.text(Comparison.of(Runs.results(before), Runs.results(after)));
        assertTrue(text.startsWith("worse   trial                        select"), text);
        assertTrue(text.endsWith("2 figures compared, 1 within the noise.\n"), text);
    }
}
