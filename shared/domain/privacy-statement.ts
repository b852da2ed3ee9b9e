/**
 * What an administrator agrees to before data leaves. Whoever changes the text gives it a new wording, as consents name
 * the one that was agreed to.
 */
export const privacyStatement = {
  wording: '2026-11-22',
  text: [
    'Data-privacy statement for exporting customer segments to Omnisend',

    '1. What leaves. Every run of an export that uses this connection sends data about people from your Dynamics 365 Customer Insights environment to Omnisend: for each member of the segments that the export names, the e-mail address; the fields that its data matching names (such as first and last name, postal address, telephone number, date of birth and gender); the columns that it sends as custom properties; and in which of its segments the person is, as custom properties or tags. Where the export maps consent, the status of the e-mail subscription and the time of its change are sent too. When a person leaves the segments, that fact is sent, unless the export says otherwise. Nothing is sent that no export names.',

    '2. Where it goes. The data goes to the API of Omnisend, over an encrypted connection, into the brand that the API key of this connection opens. There it is outside Dynamics 365 and outside your Azure subscription. How Omnisend stores and uses it, and in which countries, is a matter of your contract with Omnisend and of its terms and privacy policy; it is not covered by the terms of Dynamics 365 or Azure.',

    '3. Who is responsible. You decide which people and which of their data are sent, and you answer for it: that there is a legal basis, that people were told, that consent was given where it is needed, and that the wishes of those who object or withdraw are respected. The app checks none of this. By default it changes no subscription in Omnisend, and it subscribes nobody unless an export maps consent.',

    '4. What is kept, and for how long. In your own storage account the app keeps what it reads for seven days, lists of rows that did not arrive (customer id, field and reason) for 30 days, counts and identifiers of runs for 90 days, and the latest two lists of whom an export has brought to Omnisend (e-mail address, fingerprint of what was sent) until the export is removed. The API key lies in your Key Vault and nowhere else. Omnisend keeps the batches it was sent for seven days, and contacts until they are deleted there.',

    '5. How to stop. An administrator can remove the connection at any time: its exports then send nothing more. What Omnisend has by then stays there: the app deletes no contact, so delete contacts in Omnisend yourself, for example to answer a request for erasure. For a single person, the app can also be told to forget an address: it is then erased from what the app keeps, and not sent again.',

    'By agreeing you confirm, for your organisation, that you have read this statement, that you may decide about this transfer, and that you want it to take place. Who agreed, when, and to which wording is kept with the connection.',
  ].join('\n\n'),
} as const;
