metadata description = 'The app\'s own storage account: its tables, queues and blobs, the host\'s state and the package.'

@description('Name of the account.')
param name string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Redundancy.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
])
param sku string

@description('Object id of the app\'s identity.')
param principalId string

@description('True: no public network access.')
param closedNetwork bool

var packageContainerName = 'app-package'
var containerNames = [
  packageContainerName
  'runs'
  'snapshots'
]
var steps = [
  'start-run'
  'read-slice'
  'plan-shards'
  'cut-pages'
  'send'
  'settle'
  'finish'
]
// The host creates no queue that it listens to.
var queueNames = concat(steps, map(steps, step => '${step}-poison'))
var tableNames = [
  'connections'
  'exports'
  'revisions'
  'notifications'
  'schedule'
  'states'
  'runs'
  'skipped'
  'slices'
  'readers'
  'pages'
  'brands'
  'markers'
  'lanes'
  'tagcalls'
  'slots'
  'snapshots'
  'forgotten'
]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: closedNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      // The life-cycle rules act from outside a closed network.
      bypass: 'AzureServices'
      defaultAction: closedNetwork ? 'Deny' : 'Allow'
    }
  }
}

// Personal data that is deleted must be gone: no soft delete, no versions.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: false
    }
    containerDeleteRetentionPolicy: {
      enabled: false
    }
    isVersioningEnabled: false
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in containerNames: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [
  for queue in queueNames: {
    parent: queueService
    name: queue
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

// The app itself removes what is old; these rules are the net below it. A prefix begins with the container's name.
resource lifeCycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'personal-data'
          enabled: true
          type: 'Lifecycle'
          definition: {
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 7
                }
              }
            }
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                'runs/spool/'
                'runs/pages/'
              ]
            }
          }
        }
        {
          name: 'lists-of-rows'
          enabled: true
          type: 'Lifecycle'
          definition: {
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 30
                }
              }
            }
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                'runs/rows/'
              ]
            }
          }
        }
      ]
    }
  }
}

// The host asks for Blob Data Owner on the account it keeps its locks and keys in, and the app's blobs lie in the same.
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
var roleIds = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for roleId in roleIds: {
    scope: account
    name: guid(account.id, principalId, roleId)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    }
  }
]

@description('Name of the container that the package is published to.')
output packageContainer string = packageContainerName
