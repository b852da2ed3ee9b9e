/** Who may do what, written beside the code under test: none, on shared connections only, or all. */
export const expectedAccess = `
                      viewer  contributor  administrator
list-connections      none    shared       all
get-connection        none    shared       all
save-connection       none    none         all
remove-connection     none    none         all
rotate-key            none    none         all
connect               none    none         all
connection-revisions  none    none         all
privacy-statement     none    none         all
list-exports          all     all          all
get-export            all     all          all
export-revisions      all     all          all
save-export           none    shared       all
remove-export         none    shared       all
duplicate-export      none    shared       all
detach-export         none    shared       all
schedule-exports      none    shared       all
check-export          none    shared       all
preview               none    shared       all
segments              none    shared       all
columns               none    shared       all
check-source          none    none         all
get-schedule          all     all          all
save-schedule         none    none         all
remove-schedule       none    none         all
run-export            none    shared       all
run-all               none    shared       all
runs                  all     all          all
run                   all     all          all
rows                  all     all          all
row-values            none    none         all
approve               none    shared       all
cancel                none    shared       all
forget                none    none         all
lift-forgetting       none    none         all
get-notifications     none    none         all
save-notifications    none    none         all
remove-notifications  none    none         all
test-notifications    none    none         all
health-details        all     all          all
`
  .trim()
  .split('\n')
  .slice(1)
  .flatMap((line) => {
    const [operation = '', ...extents] = line.split(/ +/);
    return ['viewer', 'contributor', 'administrator'].map((role, column) => ({
      operation,
      role,
      extent: extents[column],
    }));
  });
