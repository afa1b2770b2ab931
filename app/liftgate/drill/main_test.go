package drill

import (
	"flag"
	"os"
	"testing"
)

// atOnce is how many cases are played at once where the command line does not say: more than there are cores, since a case
// waits for git and for the rhythm of the server, and few enough that none waits for the others until its patience ends.
const atOnce = "3"

// LIFTGATE_CASES says how many cases are played. The default plays the main kinds of case, on one forge or the other; "usual"
// plays all kinds, and most of them on both; "rest", which is CI's after a default run, what such a run leaves out of those;
// "all" is for a long night.
func usual() bool { return os.Getenv("LIFTGATE_CASES") == "usual" || rest() || all() }

func rest() bool { return os.Getenv("LIFTGATE_CASES") == "rest" }

func all() bool { return os.Getenv("LIFTGATE_CASES") == "all" }

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			panic(err) // the flag has another name
		}
	}
	os.Exit(m.Run())
}
