// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

/** Runs that never happened, with figures that a test can know. */
final class Runs {
    private Runs() {}

    static Scenario scenario(String more) {
        return ScenarioFile.read("trial", "title=A trial\nquestion=Which?\nservice=echo\n" + more);
    }

    static LabResults.Part part(String more) {
        return new LabResults.Part(scenario(more));
    }

    static Samples samples(Metric metric, double... values) {
        Samples samples = new Samples();
        for (double value : values) {
            samples.add(metric, value);
        }
        return samples;
    }

    static void add(LabResults.Part part, int point, String contender, Metric metric, double... values) {
        Samples samples = part.at(point, contender);
        for (double value : values) {
            samples.add(metric, value);
        }
    }

    static LabResults results(LabResults.Part... parts) {
        LabResults results = new LabResults();
        results.header.put("processor", "one & only <fast>");
        for (LabResults.Part part : parts) {
            results.parts.add(part);
            part.contenders().forEach(name -> results.contenders.put(name, "story of " + name));
        }
        return results;
    }
}
