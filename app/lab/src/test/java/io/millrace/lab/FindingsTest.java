// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences say what the figures say, and nothing when there is nothing to say. */
final class FindingsTest {

    @Test
    void theFirstTheLevelAndTheLastAreNamed() {
        LabResults.Part part = Runs.part("");
        Runs.add(part, 0, "thread", Metric.PER_CPU_SECOND, 20_000, 21_000, 22_000);
        Runs.add(part, 0, "epoll-et", Metric.PER_CPU_SECOND, 84_000, 83_000, 85_000);
        Runs.add(part, 0, "poll", Metric.PER_CPU_SECOND, 80_000, 82_000, 83_500);
        List<String> said = new Findings(part).sentences();
        assertEquals(
                "epoll-et came first: 84.0 thousand answers per CPU second; level with it, within the spread of the rounds: poll. "
                        + "thread came last with 21.0 thousand: epoll-et gave 4.00 times as many.",
                said.getFirst());
    }

    @Test
    void forACostLessIsBetter() {
        LabResults.Part part = Runs.part("measured=cpuMicros\n");
        Runs.add(part, 0, "process", Metric.CPU_MICROS, 60_000);
        Runs.add(part, 0, "thread", Metric.CPU_MICROS, 30);
        assertEquals(
                "thread came first: 30.0 µs CPU time, a request. process came last with 60.0 ms, 2,000 times as much.",
                new Findings(part).sentences().getFirst());
    }

    @Test
    void aSweepTellsWhoStayedAndWhoGrew() {
        LabResults.Part part = Runs.part("measured=cpuMicros\nsweep=idle:0,1000\n");
        Runs.add(part, 0, "select", Metric.CPU_MICROS, 10);
        Runs.add(part, 1000, "select", Metric.CPU_MICROS, 50);
        Runs.add(part, 0, "epoll-et", Metric.CPU_MICROS, 10);
        Runs.add(part, 1000, "epoll-et", Metric.CPU_MICROS, 11);
        assertTrue(new Findings(part)
                .sentences()
                .contains("From 0 to 1,000 idle connections: epoll-et stayed within a quarter; "
                        + "it became worse by these factors: select 5.00."));
    }

    @Test
    void theHerdIsTold() {
        LabResults.Part part = new LabResults.Part(
                ScenarioFile.read("h", "title=Herd\nservice=herd\nmeasured=woken\nsweep=workers:2,8\n"));
        for (int workers : new int[] {2, 8}) {
            Runs.add(part, workers, "plain", Metric.WOKEN, workers);
            Runs.add(part, workers, "plain", Metric.USELESS, workers - 1);
            Runs.add(part, workers, "exclusive", Metric.WOKEN, 1);
            Runs.add(part, workers, "exclusive", Metric.USELESS, 0);
        }
        List<String> said = new Findings(part).sentences();
        assertTrue(
                said.contains(
                        "A connection woke workers for nothing 7.00 times with plain and 0 times with exclusive."),
                said::toString);
        assertTrue(said.getFirst().startsWith("With 8 workers, exclusive came first"), said::toString);
        assertTrue(
                said.contains(
                        "From 2 to 8 workers: exclusive stayed within a quarter; it became worse by these factors: plain 4.00."),
                said::toString);
    }

    @Test
    void strengthsAreThoseOfTheRun() {
        LabResults.Part first = Runs.part("");
        Runs.add(first, 0, "poll", Metric.PER_CPU_SECOND, 100, 110);
        Runs.add(first, 0, "thread", Metric.PER_CPU_SECOND, 20, 21);
        LabResults.Part second =
                new LabResults.Part(ScenarioFile.read("other", "title=Another\nservice=echo\nmeasured=cpuMicros\n"));
        Runs.add(second, 0, "poll", Metric.CPU_MICROS, 5, 6);
        Runs.add(second, 0, "thread", Metric.CPU_MICROS, 4, 5);
        Strengths strengths = new Strengths(Runs.results(first, second));
        assertEquals("First or level with the first in all that it took part in (2).", strengths.of("poll"));
        assertEquals(
                "First or level with the first in: Another. Furthest behind in: A trial, 5.12 times.",
                strengths.of("thread"));
        assertTrue(strengths.of("nobody").startsWith("Not measured"));
    }

    @Test
    void failuresAreNotHidden() {
        LabResults.Part part = Runs.part("");
        Runs.add(part, 0, "thread", Metric.PER_CPU_SECOND, 20_000);
        Runs.add(part, 0, "thread", Metric.FAILURES, 0, 17);
        assertTrue(
                new Findings(part).sentences().contains("Requests without an answer in a round: thread up to 17.0."));
    }

    @Test
    void withoutFiguresNothingIsSaid() {
        LabResults.Part part = Runs.part("");
        part.at(0, "thread").note("did not start");
        assertTrue(new Findings(part).sentences().isEmpty());
        assertTrue(new Findings(Runs.part("")).sentences().isEmpty());
    }

    @Test
    void levelMeansThatRoundsOverlap() {
        Metric metric = Metric.P99;
        assertTrue(Findings.overlap(Runs.samples(metric, 1, 3), Runs.samples(metric, 2, 4), metric));
        assertFalse(Findings.overlap(Runs.samples(metric, 1, 3), Runs.samples(metric, 4, 5), metric));
    }
}
